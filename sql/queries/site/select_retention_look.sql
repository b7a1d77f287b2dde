-- Notes that the clock says $1, $2 seconds of running time after the last look (null: at the first of a run), and whether anything
-- may be forgotten by it.
select is_held, said from retention_look($1, make_interval(secs => $2));
