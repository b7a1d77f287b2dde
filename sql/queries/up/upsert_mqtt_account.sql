-- The account of role $2 of site $1 at the broker that `bacpipes up` runs, at the socket $3: it has the role's name, its password is in file $4.
-- One that somebody set for another host stays.
insert into mqtt_account (site_id, role, host, username, password_file) values ($1, $2, $3, $2, $4)
    on conflict (site_id, role) do update set host = excluded.host, username = excluded.username, password_file = excluded.password_file
    where mqtt_account.host like '/%' and (mqtt_account.host, mqtt_account.username, mqtt_account.password_file)
          is distinct from (excluded.host, excluded.username, excluded.password_file);
