-- The point that a program means by its name, or by its device and object: exactly one, or none is written.

create function point_named(of_site text, of_name text, of_device text default null, of_object text default null) returns integer language plpgsql stable as $$
declare
    found_ids integer[];
    labels    text;
    what      constant text := case when of_name is not null then format('point "%s"', of_name) else format('object %s of device "%s"', of_object, of_device) end;
begin
    select array_agg(point_id order by point_id), string_agg(point_id || ' (' || device_label(device) || ', ' || object_type || ',' || object_instance || case when property <> 'present-value' then ',' || property else '' end || ')', ', ' order by point_id)
      into found_ids, labels
      from point join device using (site_id, device_id)
     where point.site_id = of_site and device.replaced_since is null
       and (of_name is not null and (point.name = of_name or point_label(point, device) = of_name)
            or of_name is null and (device.instance::text = of_device or device.name = of_device) and of_object = object_type || ',' || object_instance and property = 'present-value');
    if array_length(found_ids, 1) = 1 then
        return found_ids[1];
    elsif found_ids is not null then
        raise invalid_parameter_value using message = left(format('%s may be any of these, by point_id: %s', what, labels), 500);
    end if;
    select string_agg(format('"%s"', name), ' or ') into labels
      from (select distinct point.name from point join device using (site_id, device_id) where point.site_id = of_site and device.replaced_since is null and lower(point.name) = lower(of_name) limit 3) as near;
    raise invalid_parameter_value using message = left(format('there is no %s%s', what, coalesce(': did you mean ' || labels || '?', '')), 500);
end
$$;
comment on function point_named is 'The point of that name ("AHU-1/SAT", or "device/name" where devices have points of one name), or object ("analog-value,3") of a device (its instance, or name). What is none, or several, is an error.';
