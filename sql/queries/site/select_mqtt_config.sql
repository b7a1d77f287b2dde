-- The broker of site $1, and the account there of role $2: its own, or that of all.
select config.host, config.port,
       case when account.role is null then config.username else account.username end,
       case when account.role is null then config.password_file else account.password_file end,
       config.ca_file
  from mqtt_config as config
  left join mqtt_account as account on account.site_id = config.site_id and account.host = config.host and account.role = $2
 where config.site_id = $1 and config.enabled;
