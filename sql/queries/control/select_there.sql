-- Whether site $1 has a device that $2 means and a point that $3 means, and whether there is a source $4 (nulls: nobody asked): as select_overrides.sql has them.
select $2::text is null or exists (select from device where site_id = $1 and ($2 in (device_id::text, address) or name_is_like(name, $2) or name_is_like(instance::text, $2))),
       $3::text is null or exists (select from point where site_id = $1 and (point_id::text = $3 or name_is_like(name, $3))),
       $4::text is null or exists (select from command_source where name = $4);
