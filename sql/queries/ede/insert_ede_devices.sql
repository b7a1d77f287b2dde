-- New devices of site $1, as JSON in $2, with the next device_ids. One that is there by now is a unique violation.
with given as (select d.*, row_number() over (order by instance, address) - 1 as n from jsonb_to_recordset($2::jsonb) as d (
                   address text, instance integer, name text, description text)),
     start as materialized (select next_device_id($1) as first)
insert into device (site_id, device_id, address, instance, name, description)
select $1, start.first + n, address, instance, name, description from given, start;
