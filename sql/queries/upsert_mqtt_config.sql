-- The broker of site $1 is the one that `bacpipes up` runs: $2 port, $3 username, $4 password file. Another host that somebody set stays.
insert into mqtt_config (site_id, host, port, username, password_file) values ($1, '127.0.0.1', $2::integer, $3, $4)
    on conflict (site_id) do update set port = excluded.port, username = excluded.username, password_file = excluded.password_file, updated_at = now()
    where mqtt_config.host = '127.0.0.1' and (mqtt_config.port, mqtt_config.username, mqtt_config.password_file)
          is distinct from (excluded.port, excluded.username, excluded.password_file);
