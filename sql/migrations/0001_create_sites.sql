-- What a site consists of: its devices and points, its settings, its broker. The words are BACnet's and Project Haystack's.

create table site (
    site_id    text primary key check (site_id ~ '^[a-z0-9_-]{1,63}$'),
    name       text not null,
    timezone   text not null default 'UTC',
    tags       jsonb not null default '{}',
    created_at timestamptz not null default now()
);
comment on table site is 'A building, or what is run as one. A site''s database has one, central''s has all.';
comment on column site.timezone is 'As in pg_timezone_names, for schedules and screens; instants are always stored in UTC';

create table device (
    site_id           text not null references site,
    device_id         integer not null,
    address           text not null,
    instance          integer not null check (instance between 0 and 4194303),
    name              text not null default '',
    description       text not null default '',
    location          text not null default '',
    vendor_id         integer,
    vendor_name       text not null default '',
    model_name        text not null default '',
    firmware_revision text not null default '',
    application_software_version text not null default '',
    protocol_revision integer,
    max_apdu          integer not null default 480,
    segmentation      text not null default 'no-segmentation',
    services          text[] not null default '{}',
    object_count      integer,
    enabled           boolean not null default true,
    poll_interval_ms  integer check (poll_interval_ms between 1000 and 86400000),
    tags              jsonb not null default '{}',
    created_at        timestamptz not null default now(),
    updated_at        timestamptz not null default now(),
    primary key (site_id, device_id),
    unique (site_id, address)
);
comment on table device is 'A BACnet device of a site. Its identity is device_id, given by the site: instances are not unique on real sites.';
comment on column device.address is 'Where it answers: 10.1.2.9, 10.1.2.9:47809, or 10.1.2.1/2001:0a behind a router (network:MAC)';
comment on column device.instance is 'Instance of its device object';
comment on column device.services is 'Protocol_Services_Supported, by name';
comment on column device.object_count is 'Length of its object list when last read';
comment on column device.enabled is 'False: left alone, neither read nor written';
comment on column device.poll_interval_ms is 'For its points that have none of their own; null: setting poll.interval';

create table point (
    site_id          text not null,
    point_id         integer not null,
    device_id        integer not null,
    object_type      text not null,
    object_instance  integer not null check (object_instance between 0 and 4194303),
    property         text not null default 'present-value',
    name             text not null default '',
    description      text not null default '',
    units            text not null default '',
    states           text[] not null default '{}',
    min_value        double precision,
    max_value        double precision,
    resolution       double precision,
    cov_increment    double precision,
    commandable      boolean not null default false,
    writable         boolean not null default false,
    enabled          boolean not null default true,
    poll_interval_ms integer check (poll_interval_ms between 1000 and 86400000),
    tags             jsonb not null default '{}',
    created_at       timestamptz not null default now(),
    updated_at       timestamptz not null default now(),
    primary key (site_id, point_id),
    foreign key (site_id, device_id) references device,
    unique (site_id, device_id, object_type, object_instance, property)
);
comment on table point is 'A property of an object of a device that is read, and perhaps written. point_id is given by the site.';
comment on column point.object_type is 'By name, as analog-input; proprietary-300 for a vendor''s';
comment on column point.units is 'Engineering units by the standard''s name, as degrees-celsius; empty: none';
comment on column point.states is 'Texts of a multi-state value from 1, or of a binary one: inactive, active';
comment on column point.commandable is 'It has a priority array';
comment on column point.writable is 'Commands from people and programs may write it; false until somebody says so';
comment on column point.enabled is 'False: not polled';
comment on column point.tags is 'Project Haystack tags, as {"zone": "m:", "air": "m:", "temp": "m:", "sensor": "m:"}';
create index on point using gin (tags);

create table device_status (
    site_id       text not null,
    device_id     integer not null,
    state         text not null check (state in ('online', 'offline', 'unknown')),
    since         timestamptz not null default now(),
    last_answer_at timestamptz,
    reason        text not null default '',
    learned       jsonb not null default '{}',
    primary key (site_id, device_id),
    foreign key (site_id, device_id) references device
);
comment on table device_status is 'How a device is, as the collector last saw it; changes here notify nobody.';
comment on column device_status.learned is 'What was found to work, such as {"read_multiple": true, "answer_octets": 480}';

create table setting (
    site_id    text not null references site,
    name       text not null,
    value      text not null,
    updated_at timestamptz not null default now(),
    updated_by text not null default current_user,
    primary key (site_id, name)
);
comment on table setting is 'Settings that act at once, over those of the configuration file (docs/configuration.md).';

create table mqtt_config (
    site_id       text primary key references site,
    host          text not null,
    port          integer not null check (port between 1 and 65535),
    username      text,
    password_file text,
    ca_file       text,
    enabled       boolean not null default true,
    updated_at    timestamptz not null default now()
);
comment on table mqtt_config is 'The site''s broker. The password is in a file, never here.';

-- The next number of a site, from the largest there is; the site's row is locked so that two writers do not draw the same.
create function next_device_id(of_site text) returns integer language sql as $$
    select 1 from site where site_id = of_site for update;
    select coalesce(max(device_id), 0) + 1 from device where site_id = of_site;
$$;

create function next_point_id(of_site text) returns integer language sql as $$
    select 1 from site where site_id = of_site for update;
    select coalesce(max(point_id), 0) + 1 from point where site_id = of_site;
$$;

create function notify_config() returns trigger language plpgsql as $$
begin
    perform pg_notify('bacpipes_config', json_build_object('site', changed.site_id, 'table', tg_table_name)::text)
       from (select distinct site_id from changed_rows) as changed;
    return null;
end
$$;
comment on function notify_config is 'Tells the roles that a table they read has changed; equal notices of one transaction are sent once.';

-- A trigger with a transition table is for one kind of change only.
do $$
declare
    watched text;
begin
    foreach watched in array array['site', 'device', 'point', 'setting', 'mqtt_config'] loop
        execute format('create trigger notify_insert after insert on %I referencing new table as changed_rows
                        for each statement execute function notify_config()', watched);
        execute format('create trigger notify_update after update on %I referencing new table as changed_rows
                        for each statement execute function notify_config()', watched);
        execute format('create trigger notify_delete after delete on %I referencing old table as changed_rows
                        for each statement execute function notify_config()', watched);
    end loop;
end
$$;
