-- What is there of what a central needs of its PostgreSQL: TLS, its least version, the list of what was revoked, an entrance for sites, the functions, the extension; its
-- files; which settings that sites depend on wait for its next start, and what starts it: of Debian's clusters that is in the file's path.
select current_setting('ssl')::boolean, current_setting('ssl_min_protocol_version') = 'TLSv1.3', current_setting('ssl_crl_file') <> '' and current_setting('ssl_ca_file') <> '',
       coalesce((select bool_or(type = 'hostssl' and auth_method = 'cert' and '+bacpipes_sites' = any (user_name) and ('bacpipes' = any (database) or 'all' = any (database)))
                 from pg_hba_file_rules where error is null), false),
       to_regprocedure('public.central_begin(text)') is not null, to_regprocedure('sync.ssl_client_serial()') is not null,
       current_setting('hba_file'), current_setting('config_file'),
       (select string_agg(name, ', ' order by name) from pg_settings
         where pending_restart and name in ('listen_addresses', 'port', 'max_connections', 'superuser_reserved_connections', 'reserved_connections')),
       coalesce('systemctl restart postgresql@' || array_to_string(regexp_match(current_setting('config_file'), '^/etc/postgresql/([^/]+)/([^/]+)/[^/]+$'), '-'),
                'pg_ctl restart -D ' || current_setting('data_directory'))
