-- A row of table setting that no program could follow is refused when it is written, with what would be right. What a setting may
-- be is the table of the programs (lib/config/settings.def), which `bacpipes migrate` puts into setting_kind each time.

create table setting_kind (
    name     text primary key,
    place    integer not null,
    kind     text not null,
    scope    text not null,
    minimum  bigint not null,
    maximum  bigint not null,
    fallback text not null,
    range    text not null,
    meaning  text not null
);
comment on table setting_kind is 'The settings that there are, as this version of BacPipes has them. Written by `bacpipes migrate`.';
comment on column setting_kind.place is 'Their order in docs/configuration.md';
comment on column setting_kind.scope is 'site: a row of table setting may say it; process: only file, environment and --set';
comment on column setting_kind.minimum is 'Octets of a text, addresses of a list, seconds of a duration, else the value';
comment on column setting_kind.fallback is 'Its default';
comment on column setting_kind.range is 'What it may be, in words; of a choice these are its words, as in "all, none or rules"';

-- How many letters make one text of the other: changed, added, left out, or swapped with their neighbour.
create function text_distance(a text, b text) returns integer language plpgsql immutable parallel safe as $$
declare
    two_above integer[];
    above     integer[] := array(select j from generate_series(0, length(b)) as j);
    here      integer[];
    same      boolean;
begin
    for i in 1 .. length(a) loop
        here := array[i];
        for j in 1 .. length(b) loop
            same := substr(a, i, 1) = substr(b, j, 1);
            here[j + 1] := least(above[j] + case when same then 0 else 1 end, above[j + 1] + 1, here[j] + 1);
            if i > 1 and j > 1 and substr(a, i, 1) = substr(b, j - 1, 1) and substr(a, i - 1, 1) = substr(b, j, 1) then
                here[j + 1] := least(here[j + 1], two_above[j - 1] + 1);
            end if;
        end loop;
        two_above := above;
        above := here;
    end loop;
    return above[length(b) + 1];
end
$$;

-- 90 for 1min30s in its smallest unit; null where it is no such number, or larger than a bigint.
create function setting_amount(said text, units jsonb, is_one boolean) returns numeric language plpgsql immutable parallel safe as $$
declare
    unit  constant text := '(' || (select string_agg(key, '|') from jsonb_object_keys(units) as key) || ')';
    total numeric;
begin
    if said !~ ('^([0-9]{1,63}' || unit || ')' || case when is_one then '' else '+' end || '$') then
        return null;
    end if;
    select sum(part[1]::numeric * (units ->> part[2])::numeric) into total
      from regexp_matches(said, '([0-9]+)([^0-9]*)', 'g') as part;
    return case when total <= 9223372036854775807 then total end;
end
$$;

-- What is wrong with a setting's value, in the words of the programs (lib/config/value.c); null: nothing. A kind that is not known here is
-- left to them.
create function setting_problem(of_name text, said text) returns text language plpgsql stable as $$
declare
    byte     constant text := '(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])';
    upto5    constant text := '[0-9]{1,5}';
    ipv4     constant text := byte || '(\.' || byte || '){3}';
    setting  setting_kind;
    word     text;
    words    text[];
    number   numeric;
    quoted   text := said;
    wrong    text; -- "is out of range"
begin
    select * into setting from setting_kind where setting_kind.name = of_name;
    if said ~ '[\u0001-\u001f\u007f]' then
        return of_name || ' has control characters or is not UTF-8: write plain text';
    end if;
    if setting.kind in ('TEXT', 'PATH', 'IDENTIFIER', 'IPV4') then
        wrong := case when said = '' and setting.minimum > 0 then 'is empty'
                      when setting.kind = 'IDENTIFIER' and said !~ '^[a-z0-9_-]*$' then 'has letters that it cannot have'
                      when setting.kind = 'IPV4' and said <> '' and said !~ ('^' || ipv4 || '$') then 'is not an IPv4 address'
                      when octet_length(said) < setting.minimum then 'is too short'
                      when octet_length(said) > setting.maximum then 'is too long' end;
    elsif setting.kind in ('NODES', 'ADDRESSES') then
        words := array_remove(string_to_array(said, ' '), '');
        for i in 1 .. cardinality(words) loop
            word := words[i];
            if word !~ ('^' || ipv4 || '(:' || upto5 || ')?' || case when setting.kind = 'ADDRESSES' then '(/' || upto5 || '(:([0-9a-fA-F]{2}){1,7})?)?' else '' end || '$')
               or substring(word from '^[^/:]*:([0-9]+)')::integer not between 1 and 65535
               or substring(word from '/([0-9]+)')::integer not between 1 and 65535 then
                quoted := word;
                wrong := 'is no BACnet address';
                exit;
            elsif i > setting.maximum then
                wrong := 'are too many';
                exit;
            end if;
        end loop;
    elsif setting.kind = 'INTEGER' then
        number := case when said ~ '^[+-]?[0-9]+$' and length(said) < 64 then said::numeric end;
        wrong := case when number is null or number not between -9223372036854775808 and 9223372036854775807 then 'is not a whole number'
                      when number not between setting.minimum and setting.maximum then 'is out of range' end;
    elsif setting.kind = 'DURATION' then
        number := case when said ~ '^[+-]?[0-9]+$' and length(said) < 64 then said::numeric end;
        if number between 0 and 9223372036854775807 then
            return format('%s = %s has no unit: write %2$ss, %2$smin, %2$sh or %2$sd', of_name, number);
        end if;
        number := setting_amount(said, '{"ms": 1000, "s": 1000000, "min": 60000000, "m": 60000000, "h": 3600000000, "d": 86400000000}', false) / 1000000;
        wrong := case when number is null then 'is not a duration such as 15s, 5min or 1h30min'
                      when number not between setting.minimum and setting.maximum then 'is out of range' end;
    elsif setting.kind = 'SIZE' then
        number := setting_amount(said, '{"": 1, "B": 1, "kB": 1024, "MB": 1048576, "GB": 1073741824}', true);
        wrong := case when number is null then 'is not a size such as 64kB, 256MB or 2GB'
                      when number not between setting.minimum and setting.maximum then 'is out of range' end;
    elsif setting.kind = 'BOOL' then
        wrong := case when said not in ('false', 'true', 'no', 'yes', 'off', 'on', '0', '1') then 'is neither true nor false' end;
    elsif setting.range ~ '^[a-z]+(, [a-z]+)* or [a-z]+$' then
        wrong := case when said <> all (regexp_split_to_array(setting.range, ', | or ')) then 'is none of the choices' end;
    end if;
    if wrong is null then
        return null;
    end if;
    word := left(quoted, 63);
    while octet_length(word) > 63 loop
        word := left(word, -1);
    end loop;
    return of_name || ' = ' || word || case when word <> quoted then '...' else '' end || ' ' || wrong || ': ' || setting.range;
end
$$;
comment on function setting_problem is 'What is wrong with a value for a setting, and what would be right; null: nothing.';

create function check_setting() returns trigger language plpgsql as $$
declare
    known   setting_kind;
    nearest text;
    wrong   text;
begin
    if not exists (select from setting_kind) then
        return new;
    end if;
    select * into known from setting_kind where name = new.name;
    if known.name is null then
        select name into nearest
          from setting_kind, text_distance(left(new.name, 64), name) as distance
         where distance < octet_length(new.name) / 3 + 2
         order by distance, place limit 1;
        wrong := format('there is no setting "%s"%s', new.name, ': did you mean ' || nearest || '?');
    elsif known.scope <> 'site' then
        wrong := format('%s belongs to each process: set it in the configuration file', new.name);
    else
        wrong := setting_problem(new.name, btrim(new.value, E' \t\n\v\f\r'));
    end if;
    if wrong is not null then
        raise exception using errcode = 'invalid_parameter_value', message = wrong,
                              hint = 'select name, range, fallback, meaning from setting_kind where scope = ''site'' order by place;';
    end if;
    return new;
end
$$;
comment on function check_setting is 'Of a trigger: what no program could follow is refused. Rows that are there already stay as they are.';
create trigger check_setting before insert or update of name, value on setting for each row execute function check_setting();
