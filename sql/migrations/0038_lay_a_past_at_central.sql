-- The past of a simulated site that has joined a central is laid at both ends, by the same simulation: rollups alone, for what a site sends was read
-- there. Central begins it for the instant that the site's own ends at, when readings of the site may have come already.

drop function past_begin(text, timestamptz, jsonb, integer);
create function past_begin(of_site text, at_time timestamptz, of_building jsonb, points integer, has_readings boolean default true) returns timestamptz language plpgsql
    set timezone = 'UTC' as $$
declare
    share constant double precision := least(1, 500.0 / greatest(points, 1));
    hour  constant timestamptz      := bucket_hour(at_time);
    fine  constant timestamptz      := bucket_hour(at_time - interval '30 days' * share);
    day   constant timestamptz      := greatest(hour - interval '24 hours', fine);
    begun timestamptz;
begin
    select since into begun from past where site_id = of_site;
    if found then
        return begun;
    end if;
    if exists (select from sensor_readings where site_id = of_site and (has_readings or time < at_time))
       or exists (select from sensor_readings_hourly where site_id = of_site and (has_readings or time < hour))
       or exists (select from sensor_readings_5min where site_id = of_site and (has_readings or time < bucket_5min(at_time))) then
        return null;
    end if;
    insert into past (site_id, made_of, since, until, readings_goal, fine_goal, hourly_goal, readings_from, fine_from, hourly_from, is_joined)
    values (of_site, of_building, day - case when points > 1000 then interval '2 days' else interval '7 days' end, at_time,
            case when has_readings then greatest(day, bucket_5min(at_time - interval '24 hours' * share)) else at_time end, fine,
            bucket_hour(at_time - interval '365 days' * share), at_time, bucket_5min(at_time), hour, not has_readings)
    returning since into begun;
    return begun;
exception when foreign_key_violation then
    raise exception 'site % is not simulated: only what nobody measured may be made up', of_site using errcode = 'check_violation';
end
$$;
comment on function past_begin is 'Begins a past of a simulated site that has no history yet (without readings: none before), ending at `at_time`. Returns since when its building is
to be simulated, also of a past that was begun before; null: the site has a history, and gets no other.';
