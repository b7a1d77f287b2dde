-- Device $2 of site $1 answers at address $3 now.
update device set address = $3, updated_at = now() where site_id = $1 and device_id = $2::integer and address <> $3
   and not exists (select from device other where other.site_id = $1 and other.address = $3);
