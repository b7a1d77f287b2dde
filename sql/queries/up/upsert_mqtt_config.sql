-- The broker of site $1 is the one that `bacpipes up` runs, at the socket $2. Another host that somebody set stays; a socket, or the port
-- and account that earlier versions wrote here, is ours.
insert into mqtt_config (site_id, host, port) values ($1, $2, 0)
    on conflict (site_id) do update set host = excluded.host, port = 0, username = null, password_file = null, updated_at = now()
    where (mqtt_config.host like '/%' or mqtt_config.host = '127.0.0.1' and mqtt_config.password_file like '%/secrets/mqtt_bacpipes')
      and (mqtt_config.host, mqtt_config.port, mqtt_config.username, mqtt_config.password_file)
          is distinct from (excluded.host, 0, null::text, null::text);
