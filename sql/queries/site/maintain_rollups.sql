-- Rollups of spans that ended before $1, $2 of them. Says how many were made.
select rollup_pending($1, $2::integer);
