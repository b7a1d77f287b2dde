-- A rule of site $1 at $2 (null: behind all others), for points that match $3 device, $4 vendor_id, $5 object_type, $6 name, $7 subnet
-- and $8 network, each null for any: $9 they are polled, $10 how often (ms, or null), $11 note. Returns its position.
insert into point_rule (site_id, position, device, vendor_id, object_type, point, subnet, network, enabled, poll_interval_ms, note)
select $1, coalesce($2::integer, (select coalesce(max(position), 0) / 10 * 10 + 10 from point_rule where site_id = $1)),
       $3, $4::integer, $5, $6, $7::cidr, $8::integer, $9, $10::integer, $11
returning position;
