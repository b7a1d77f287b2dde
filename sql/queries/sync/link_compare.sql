-- Whether what central has of each life is what is here.
select epoch, is_same from link_compare($1, $2::jsonb);
