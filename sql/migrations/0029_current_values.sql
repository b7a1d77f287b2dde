-- What each point is now, for SQL and Grafana: `bacpipes web` writes it, at most every 2 s and what has changed alone, as it hears
-- it from the broker. Ingest's transaction has no part in it, and nothing is lost with it: after a crash it is empty (UNLOGGED), and
-- full again as soon as the web has heard each point.

-- It hears the broker by an account of its own.
alter table mqtt_account drop constraint mqtt_account_role_check,
    add constraint mqtt_account_role_check check (role in ('collect', 'ingest', 'web'));

create unlogged table current_value (
    site_id  text        not null,
    point_id integer     not null,
    value    double precision,
    quality  text        not null check (quality in ('good', 'uncertain', 'bad')),
    reason   text,
    at       timestamptz not null,
    primary key (site_id, point_id),
    foreign key (site_id, point_id) references point on delete cascade
) with (fillfactor = 50);
comment on table current_value is 'What each point is now, as `bacpipes web` heard it last; empty after a crash, until it has heard it again';
comment on column current_value.at is 'When it was read';

-- `given`: [[point_id, value, quality, ms since 1970, text of the state or null, reason], ...], the last two where there is need. What
-- the table has of a later instant stays, as does what is of no point. Returns how many were taken.
create function current_values_keep(of_site text, given jsonb) returns integer language plpgsql as $$
declare
    kept integer;
begin
    insert into current_value as now (site_id, point_id, value, quality, reason, at)
    select of_site, point_id, (row ->> 1)::double precision, row ->> 2, row ->> 5, to_timestamp((row ->> 3)::double precision / 1000)
      from jsonb_array_elements(given) as row
      join point on point.site_id = of_site and point.point_id = (row ->> 0)::integer
     where row ->> 3 is not null
        on conflict (site_id, point_id) do update
       set value = excluded.value, quality = excluded.quality, reason = excluded.reason, at = excluded.at
     where now.at <= excluded.at;
    get diagnostics kept = row_count;
    return kept;
end
$$;
comment on function current_values_keep is 'For `bacpipes web` alone: what points are now';

create view current_values as
    select now.site_id, device.name as device, point.name as point, now.value, state_text(point.object_type, point.states, now.value) as state, point.units,
           now.quality, now.reason, now.at, now() - now.at as age, now.point_id
      from current_value as now
      join point using (site_id, point_id)
      join device on device.site_id = point.site_id and device.device_id = point.device_id;
comment on view current_values is 'What points are now, with names: select value, state, age from current_values where point = ''AHU-1/SAT''';
