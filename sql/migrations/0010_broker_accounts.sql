-- The broker at a Unix socket, and an account for each role that meets there.

alter table mqtt_config drop constraint mqtt_config_port_check;
alter table mqtt_config add constraint mqtt_config_port_check check (port between 1 and 65535 or port = 0 and host like '/%');
comment on column mqtt_config.host is 'A name or address; or the path of a Unix socket ("/..."), with port 0';
comment on column mqtt_config.username is 'Of roles that have no account of their own at this host in mqtt_account';

create table mqtt_account (
    site_id       text not null references site,
    role          text not null check (role in ('collect', 'ingest')),
    host          text not null,
    username      text not null,
    password_file text,
    primary key (site_id, role)
);
comment on table mqtt_account is 'The account of a role at the broker of that host, and at no other: a password is not told to whoever mqtt_config names next.';
comment on column mqtt_account.host is 'As in mqtt_config';

create trigger notify_insert after insert on mqtt_account referencing new table as changed_rows for each statement execute function notify_config();
create trigger notify_update after update on mqtt_account referencing new table as changed_rows for each statement execute function notify_config();
create trigger notify_delete after delete on mqtt_account referencing old table as changed_rows for each statement execute function notify_config();
