-- Which points are polled is chosen: of those that are found by setting points.enable, which may leave it to rules, and of all by people.

alter table point add chosen_at timestamptz;
comment on column point.chosen_at is 'When setting points.enable, or a rule, said whether it is polled and how often; null: somebody has said so by hand since, and it stays as it is';
-- What was never touched was chosen when it was found.
update point set chosen_at = created_at where enabled and poll_interval_ms is null;

create function note_choice() returns trigger language plpgsql as $$
begin
    if new.chosen_at is not distinct from old.chosen_at then
        new.chosen_at := null;
    end if;
    return new;
end
$$;
comment on function note_choice is 'Of a trigger: who changes what rules have chosen, and does not say that rules did, does it by hand.';
create trigger note_choice before update of enabled, poll_interval_ms on point for each row
    when (old.enabled <> new.enabled or old.poll_interval_ms is distinct from new.poll_interval_ms) execute function note_choice();

create table point_rule (
    site_id          text not null references site,
    position         integer not null constraint position_is_1_to_1000000 check (position between 1 and 1000000),
    device           text constraint device_is_a_pattern check (device ~ '\S'),
    vendor_id        integer constraint vendor_id_is_0_to_65535 check (vendor_id between 0 and 65535),
    object_type      text constraint object_type_is_a_name_or_pattern check (object_type ~ '^[a-z0-9*?-]+$'),
    point            text constraint point_is_a_pattern check (point ~ '\S'),
    subnet           cidr constraint subnet_is_ipv4 check (family(subnet) = 4),
    network          integer constraint network_is_1_to_65534 check (network between 1 and 65534),
    enabled          boolean not null,
    poll_interval_ms integer constraint interval_is_1s_to_1d check (poll_interval_ms between 1000 and 86400000),
    note             text not null default '',
    primary key (site_id, position),
    constraint interval_is_of_points_that_are_polled check (enabled or poll_interval_ms is null)
);
comment on table point_rule is 'Which points are polled: where points.enable = rules, the first rule that a found point matches decides; one that matches none is not polled.';
comment on column point_rule.position is 'Rules are looked at from the smallest on';
comment on column point_rule.device is 'Name or instance of the device, * for any letters and ? for one, whatever their case; null, here and below: any';
comment on column point_rule.object_type is 'By name, as analog-input; * and ? as above: binary-*';
comment on column point_rule.point is 'Name of the point, as above: *-T';
comment on column point_rule.subnet is 'Has the IP address of the device, or of the router that it is behind';
comment on column point_rule.network is 'BACnet network behind a router, as 2001';
comment on column point_rule.enabled is 'Points that match are polled, or are not';
comment on column point_rule.poll_interval_ms is 'How often; null: as the device says, or setting poll.interval';
comment on column point_rule.note is 'Why, for people';

-- Does a name match a pattern, as engineers write them?
create function name_is_like(name text, pattern text) returns boolean language sql immutable parallel safe
    return lower(name) like translate(replace(replace(replace(lower(pattern), '\', '\\'), '%', '\%'), '_', '\_'), '*?', '%_');

-- Where a device is: its IP address or that of its router, and the network behind that. Null: what people wrote is no such address.
create function device_ip(address text) returns inet language sql immutable parallel safe
    return case when address ~ '^((25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(25[0-5]|2[0-4]\d|1?\d?\d)([:/]|$)'
                then substring(address from '^[0-9.]+')::inet end;

create function device_network(address text) returns integer language sql immutable parallel safe
    return substring(address from '/(\d{1,5})(:|$)')::integer;

-- What becomes of a point by setting points.enable (all, none, rules): the rule that decides, or null where none does; is it
-- polled; how often, or null.
create function point_choice(mode text, of_site text, of_device integer, of_type text, of_name text)
       returns table (rule integer, enabled boolean, poll_interval_ms integer) language sql stable
begin atomic
    select choice.position, choice.enabled, choice.poll_interval_ms
      from (select r.position, r.enabled, r.poll_interval_ms
              from device d join point_rule r using (site_id)
             where mode = 'rules' and d.site_id = of_site and d.device_id = of_device
               and (r.device is null or name_is_like(d.name, r.device) or name_is_like(d.instance::text, r.device))
               and (r.vendor_id is null or r.vendor_id = d.vendor_id)
               and (r.object_type is null or name_is_like(of_type, r.object_type))
               and (r.point is null or name_is_like(of_name, r.point))
               and (r.subnet is null or device_ip(d.address) <<= r.subnet)
               and (r.network is null or r.network = device_network(d.address))
            union all
            select null, mode = 'all', null) as choice
     order by choice.position nulls last
     limit 1;
end;
comment on function point_choice is 'Whether a point is polled, and how often, by setting points.enable: what the collector does with points it finds, and `bacpipes rule` with those there are.';

create or replace view points as
    select point.site_id, point.point_id, point.device_id, device.name as device, device.instance, device.address,
           point.object_type, point.object_instance, point.property, point.name, point.description, point.units, point.states,
           latest.value, latest.quality, latest.reason, latest.time, now() - latest.time as age,
           state_text(point.object_type, point.states, latest.value) as state,
           point.commandable, point.writable, point.enabled, point.tags,
           coalesce(point.poll_interval_ms, device.poll_interval_ms) as poll_interval_ms, point.chosen_at
      from point
      join device using (site_id, device_id)
      join point_latest as latest using (site_id, point_id);
