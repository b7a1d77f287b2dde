-- The lives of the journal that are here, and how far the downlink is carried out.
select link_state($1)::text;
