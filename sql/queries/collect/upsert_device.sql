-- A device of site $1 as it was read out, as JSON in $2 with its objects in $3: see device_store. $4 has its instance and is not where it
-- was, $5 was at its address before; device_ids, or null. Gives its device_id.
select device_store($1, $2::jsonb, $3::jsonb, $4::integer, $5::integer);
