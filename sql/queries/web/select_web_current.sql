-- What points of the remote site $1 are now: all of them, or those that transactions from $2 on have written (the first column of an earlier answer, as in
-- stream_web_points.sql). A row without a point says what $2 of the next question is.
select pg_snapshot_xmin(pg_current_snapshot())::xid::text, null::integer, null::double precision, null::text, null::text, null::timestamptz
 union all
select null, point_id, value, quality, coalesce(reason, ''), at
  from current_value
 where site_id = $1 and ($2::text is null or age(xmin) <= age($2::text::xid));
