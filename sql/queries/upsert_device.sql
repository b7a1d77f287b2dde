-- A device of site $1 as it was read out, as JSON in $2. Its address is its identity. What people say of it stays. Gives its device_id.
with given as (select * from jsonb_to_record($2::jsonb) as d (
                   address text, instance integer, name text, description text, location text, vendor_id integer, vendor_name text,
                   model_name text, firmware_revision text, application_software_version text, protocol_revision integer,
                   max_apdu integer, segmentation text, services text[], object_count integer)),
     old as (update device set instance = given.instance, name = given.name, description = given.description, location = given.location,
                    vendor_id = given.vendor_id, vendor_name = given.vendor_name, model_name = given.model_name,
                    firmware_revision = given.firmware_revision, application_software_version = given.application_software_version,
                    protocol_revision = given.protocol_revision, max_apdu = given.max_apdu, segmentation = given.segmentation,
                    services = given.services, object_count = given.object_count, updated_at = now()
               from given where device.site_id = $1 and device.address = given.address returning device_id),
     new as (insert into device (site_id, device_id, address, instance, name, description, location, vendor_id, vendor_name, model_name,
                                 firmware_revision, application_software_version, protocol_revision, max_apdu, segmentation, services, object_count)
             select $1, next_device_id($1), given.* from given where not exists (select from device d where d.site_id = $1 and d.address = given.address)
             returning device_id)
select device_id from old union all select device_id from new;
