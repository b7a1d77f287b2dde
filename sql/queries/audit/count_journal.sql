-- About how many records there are, for progress; -1: nobody has counted
select coalesce(sum(case when reltuples < 0 then 0 else reltuples end), 0)::bigint from pg_class
 where oid in (select relid from pg_partition_tree('uplink_record') where isleaf);
