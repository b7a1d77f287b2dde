-- Nothing of a former life is to be sent any more.
select link_close($1, $2);
