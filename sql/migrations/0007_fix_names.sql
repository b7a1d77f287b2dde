-- What small functions name is settled here and now, whatever search_path they are called with; unlike those that are given a
-- search_path (sql/rights.sql) they still become part of the statement that calls them.

create or replace function readings_day_table(day timestamptz) returns text language sql immutable
    return 'sensor_readings_' || to_char(day at time zone 'UTC', 'YYYYMMDD');

create or replace function utc_day(instant timestamptz) returns timestamptz language sql immutable
    return date_trunc('day', instant at time zone 'UTC') at time zone 'UTC';

create or replace function bucket_5min(instant timestamptz) returns timestamptz language sql immutable
    return date_bin('5 minutes', instant, timestamptz '2000-01-01 00:00:00+00');

create or replace function bucket_hour(instant timestamptz) returns timestamptz language sql immutable
    return date_bin('1 hour', instant, timestamptz '2000-01-01 00:00:00+00');

create or replace function is_huge(value double precision) returns boolean language sql immutable parallel safe
    return abs(value) >= 1e290; -- infinities and NaN too

create or replace function mean_of(sum double precision, count bigint) returns double precision language sql immutable parallel safe
    return case when count <= 0 or sum in ('Infinity', '-Infinity', 'NaN') then null
                when abs(sum) < 1e-300 then 0 -- a quotient too small for a double is an error too
                else sum / count end;

create or replace function state_text(object_type text, states text[], value double precision) returns text language sql immutable parallel safe
    return case when object_type like 'binary%' and value in (0, 1) then states[value::integer + 1]
                when object_type like 'multi-state%' and value >= 1 and value <= cardinality(states) and value = floor(value)
                then states[value::integer] end;
