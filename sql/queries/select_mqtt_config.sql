-- The broker of site $1.
select host, port, username, password_file, ca_file from mqtt_config where site_id = $1 and enabled;
