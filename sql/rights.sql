-- Who may do what in the database. `bacpipes migrate` applies it after the migrations, each time and in one transaction: what
-- is listed here loses all rights that it gave, and gives those that stand here. A new table, view or function gets its line
-- here with its migration; tests/sql/rights.sql tries every role on everything.
--
--   bacpipes           the superuser of the PostgreSQL that `bacpipes up` runs: makes databases and roles, migrates; and psql
--   bacpipes_owner     owns what is not readings: the tools, such as `bacpipes points` and `bacpipes ede`, and all else that `up` does
--   bacpipes_collect, bacpipes_ingest     the programs of these names
--   bacpipes_maintain  owns the readings, their days and rollups: ingest's second connection
--   bacpipes_reader    Grafana and SQL tools
--   bacpipes_journal   owns the journal, commands and what they hold, which are changed by its functions alone; nobody logs in as it
--   bacpipes_source    the logins source_NAME that `bacpipes source add` makes are its members: they ask for commands, and see their own
--   bacpipes_web       the web: reads a site, and changes nothing but by functions that ask for whom (web_act, web_must)
--   bacpipes_access    owns users, sessions, tokens and links (schema access), which are seen and changed by its functions alone; nobody logs in as it
--   bacpipes_sync      the program of this name: what a site sends to its central, and what central asks of it
--   bacpipes_central   the program of this name: applies what sites send
--   bacpipes_sites     the logins site_<number> at central are its members: they call the functions of schema sync, and can do nothing else
--   bacpipes_join      at central: whoever has a join file calls one function by it, which asks for a certificate
--   bacpipes_logins    makes those logins and ends their sessions by three functions; nobody logs in as it
--
-- Where our account may not make roles, all is its own and everything runs with it: database.user names it.
--
-- None of these roles may get at the rights of another by what it defines and the other comes across. So none makes anything in
-- `public`, whose names all use, and what they may define at all is next to nothing (refuse_definitions, refuse_expressions). What runs here runs as
-- the superuser, and takes nothing of the same name as PostgreSQL's own for it.
set local search_path = pg_catalog, pg_temp;

-- Each has connections for a few restarts at once; together they leave room below max_connections (100 as a rule,
-- 200 in ours) and its reserve for superusers, so that none can shut another out.
do $$
declare
    role record;
begin
    for role in select * from (values ('bacpipes_owner', 12), ('bacpipes_collect', 8), ('bacpipes_ingest', 4),
                                      ('bacpipes_maintain', 4), ('bacpipes_reader', 18), ('bacpipes_web', 16),
                                      ('bacpipes_sync', 4), ('bacpipes_central', 16), ('bacpipes_join', 10)) as role (name, connections) loop
        if to_regrole(role.name) is null then
            execute format('create role %I', role.name);
        end if;
        if not exists (select from pg_roles where rolname = role.name and rolcanlogin and rolconnlimit = role.connections) then
            execute format('alter role %I login connection limit %s', role.name, role.connections);
        end if;
        if not pg_has_role(role.name, 'usage') then
            execute format('grant %I to current_user', role.name); -- an account that makes roles is not in them by itself
        end if;
    end loop;
    for role in select * from unnest('{bacpipes_journal, bacpipes_source, bacpipes_logins, bacpipes_access, bacpipes_sites}'::text[]) as role (name) loop
        if to_regrole(role.name) is null then
            execute format('create role %I nologin', role.name);
        end if;
        if role.name <> 'bacpipes_sites' and not pg_has_role(role.name, 'usage') then -- whose members come in by certificates alone (pg_hba)
            execute format('grant %I to current_user', role.name);
        end if;
    end loop;
    if not (select rolcreaterole from pg_roles where rolname = 'bacpipes_logins') then
        alter role bacpipes_logins createrole;
    end if;
    if not pg_has_role('bacpipes_logins', 'pg_signal_backend', 'usage') or not pg_has_role('bacpipes_logins', 'pg_read_all_stats', 'usage') then
        grant pg_signal_backend, pg_read_all_stats to bacpipes_logins; -- whose transactions are how old
    end if;
exception when insufficient_privilege then
    raise notice 'this account may not make roles: everything is its own';
end
$$;

create temporary table right_on_table (name text, owner text, collect text, ingest text, maintain text, tools text, reader text, journal text) on commit drop;
insert into right_on_table values
--   name                      owner                collect                   ingest                    maintain          tools     reader    journal
    ('site',                   'bacpipes_owner',    'select, insert',         'select, insert',         null,             'all',    'select', 'select, insert, update'),
    ('organisation',           'bacpipes_owner',    null,                     null,                     null,             'all',    null, 'select'),
    ('device',                 'bacpipes_owner',    'select, insert, update', null,                     null,             'all',    'select', 'select'),
    ('point',                  'bacpipes_owner',    'select, insert, update', 'select',                 'select',         'all',    'select', 'select'),
    ('point_rule',             'bacpipes_owner',    'select',                 null,                     null,             'all',    'select', null),
    ('point_successor',        'bacpipes_owner',    null,                     'select',                 'select',         'all',    'select', 'select'),
    ('device_status',          'bacpipes_owner',    'select, insert, update', null,                     null,             'all',    'select', 'select'),
    ('setting',                'bacpipes_owner',    'select',                 'select',                 null,             'all',    null, 'select'),
    ('setting_kind',           null,                null,                     null,                     null,             'select', null, 'select'), -- its owner migrates
    ('mqtt_config',            'bacpipes_owner',    'select',                 'select',                 null,             'all',    null, null),
    ('mqtt_account',           'bacpipes_owner',    'select',                 'select',                 null,             'all',    null, null),
    ('schema_migration',       null,                null,                     null,                     null,             'select', null, null), -- its owner migrates
    ('ingest_position',        'bacpipes_owner',    null,                     'select, insert, update', null,             'all',    'select', null),
    ('ingest_quarantine',      'bacpipes_owner',    null,                     'insert',                 null,             'all',    'select', null),
    ('ingest_quarantine_total', 'bacpipes_owner',   null,                     null,                     null,             'all',    'select', null),
    ('sensor_readings',        'bacpipes_maintain', null,                     'select, insert',         'all',            'select', 'select', 'select'),
    ('sensor_readings_5min',   'bacpipes_maintain', null,                     null,                     'all',            'select', 'select', null),
    ('sensor_readings_hourly', 'bacpipes_maintain', null,                     null,                     'all',            'select', 'select', null),
    ('rollup_dirty',           'bacpipes_maintain', null,                     'insert',                 'all',            'select', null, null),
    ('readings_leaving',       'bacpipes_maintain', null,                     null,                     'all',            'select', null, null),
    ('past',                   'bacpipes_maintain', null,                     null,                     'all',            'select', 'select', null),
    ('past_stage',             'bacpipes_maintain', null,                     null,                     'all',            'insert', null, null),
    ('past_progress',          'bacpipes_owner',    null,                     null,                     null,             'all',    'select', null),
    ('retention_clock',        'bacpipes_maintain', null,                     null,                     'all',            'select', null, 'select'),
    ('point_latest',           'bacpipes_owner',    null,                     null,                     null,             'all',    'select', null),
    ('points',                 'bacpipes_owner',    null,                     null,                     null,             'all',    'select', null),
    ('current_value',          'bacpipes_owner',    null,                     null,                     null,             'all',    'select', null),
    ('current_values',         'bacpipes_owner',    null,                     null,                     null,             'all',    'select', null),
    ('readings',               'bacpipes_owner',    null,                     null,                     null,             'all',    'select', null),
    ('readings_5min',          'bacpipes_owner',    null,                     null,                     null,             'all',    'select', null),
    ('readings_hourly',        'bacpipes_owner',    null,                     null,                     null,             'all',    'select', null),
    ('journal_turn',             'bacpipes_journal',  null, null, null, null, null, 'all'),
    ('journal_head',             'bacpipes_journal',  null, null, null, 'select', null, 'all'),
    ('uplink',                   'bacpipes_journal',  null, null, null, 'select', null, 'all'),
    ('uplink_frames',            'bacpipes_journal',  null, null, null, 'select', null, 'all'),
    ('uplink_record',            'bacpipes_journal',  null, null, null, 'select', null, 'all'),
    ('uplink_frames_default',    'bacpipes_journal',  null, null, null, 'select', null, 'all'),
    ('uplink_record_default',    'bacpipes_journal',  null, null, null, 'select', null, 'all'),
    ('journal_pending',          'bacpipes_journal',  null, null, null, null, null, 'all'),
    ('journal_due',              'bacpipes_journal',  null, null, null, null, null, 'all'),
    ('alarm',                    'bacpipes_journal',  null, null, null, 'select', 'select', 'all'),
    ('audit',                    'bacpipes_journal',  null, null, null, 'select', null, 'all'),
    ('write_commands',           'bacpipes_journal',  'select', null, null, 'select, insert (site_id, point_id, command_type, value, state, priority, created_by, source_ip, release_after, expires_at, execute_at, reason, idempotency_key)', 'select', 'all'),
    ('command_source',           'bacpipes_journal',  'select', null, null, 'select', null, 'all'),
    ('command_unnoted',        'bacpipes_journal',  null, null, null, null, null, 'all'),
    ('command_flood',            'bacpipes_journal',  null, null, null, 'select', null, 'all'),
    ('hold',                     'bacpipes_journal',  null, null, null, 'select', 'select', 'all'),
    ('hold_end',                 'bacpipes_journal',  null, null, null, 'select', null, 'all'),
    ('override',                 'bacpipes_journal',  null, null, null, 'select', 'select', 'all'),
    ('overrides',                'bacpipes_journal',  null, null, null, 'select', 'select', 'all'),
    ('writable_type',            'bacpipes_journal',  null, null, null, 'select', 'select', 'all'),
    ('unit_range',               'bacpipes_journal',  null, null, null, 'select', 'select', 'all'),
    ('commands',                 'bacpipes_journal',  null, null, null, 'select', null, 'all'),
    ('standing',                 'bacpipes_journal',  null, null, null, 'select', null, 'all'),
    ('point_change',             'bacpipes_owner',    null, null, null, 'all', null, null),
    ('saved_view',               'bacpipes_owner',    null, null, null, 'all', null, null),
    ('job_kind',                 'bacpipes_owner',    null, null, null, 'all', null, null),
    ('job',                      'bacpipes_owner',    null, null, null, 'all', null, 'select, update'),
    ('change',                   'bacpipes_owner',    null, null, null, 'all', null, 'select, update'),
    ('command_latency',          'bacpipes_journal',  null, null, null, 'select', 'select', 'all'),
    ('central_link',             'bacpipes_journal',  null, 'select', null, 'select', null, 'all'),
    ('frame_due',                'bacpipes_journal',  null, null, null, 'select', null, 'all'),
    ('remote_site',              'bacpipes_journal',  null, null, null, 'select', 'select', 'all'),
    ('site_strike',              'bacpipes_journal',  null, null, null, 'select', 'select', 'all'),
    ('uplink_cursor',            'bacpipes_journal',  null, null, null, 'select', 'select', 'all'),
    ('uplink_applied',           'bacpipes_journal',  null, null, null, 'select', 'select', 'all'),
    ('site_key',                 'bacpipes_journal',  null, null, null, 'select', 'select', 'all'),
    ('uplink_quarantine',        'bacpipes_journal',  null, null, null, 'select', null, 'all'),
    ('uplink_aside',             'bacpipes_journal',  null, null, null, 'select', null, 'all'),
    ('uplink_tried',             'bacpipes_journal',  null, null, null, 'select', null, 'all'),
    ('downlink',                 'bacpipes_journal',  null, null, null, 'select', null, 'all'),
    ('downlink_head',            'bacpipes_journal',  null, null, null, 'select', null, 'all'),
    ('link_epoch',               'bacpipes_journal',  null, null, null, 'select', null, 'all'),
    ('site_invitation',           'bacpipes_journal',  null, null, null, 'select', null, 'all'),
    ('site_request',              'bacpipes_journal',  null, null, null, 'select', null, 'all'),
    ('central_authority',         'bacpipes_journal',  null, null, null, 'select', null, 'all'),
    ('site_revocation',           'bacpipes_journal',  null, null, null, 'select', null, 'all'),
    ('link_octets',              'bacpipes_journal',  null, null, null, 'select', null, 'all'),
    ('link_report',              'bacpipes_journal',  null, null, null, 'select', null, 'all'),
    ('central_status',           'bacpipes_journal',  null, null, null, 'select', 'select', 'all'),
    ('central_size',             'bacpipes_journal',  null, null, null, 'select', null, 'all'),
    ('site_lag', 'bacpipes_owner', null, null, null, 'all', 'select', null),
    ('availability_hours', 'bacpipes_owner', null, null, null, 'all', 'select', null),
    ('availability_points', 'bacpipes_owner', null, null, null, 'all', 'select', null),
    ('sites', 'bacpipes_owner', null, null, null, 'all', 'select', null),
    ('waiting', 'bacpipes_owner', null, null, null, 'all', null, null),
    ('uplink_saved',             'bacpipes_journal',  null, null, null, 'select', null, 'all'),
    ('uplink_pruned',            'bacpipes_journal',  null, null, null, 'select', 'select', 'all'),
    ('uplink_tidied',            'bacpipes_journal',  null, null, null, 'select', null, 'all'),
    ('uplink_named',             'bacpipes_journal',  null, null, null, 'all',    null, 'all'),
    ('point_interval',           'bacpipes_journal',  null, null, null, 'select', 'select', 'all'),
    ('site_rate',                'bacpipes_journal',  null, null, null, 'select', 'select', 'all'),
    ('site_hour',                'bacpipes_journal',  null, null, null, 'select', 'select', 'all');

-- What the web reads, beside what its functions tell; who owns access asks where sites belong.
create temporary table right_to_read (reader text, name text) on commit drop;
insert into right_to_read
select 'bacpipes_web', name
  from unnest('{site, device, point, point_rule, device_status, setting, setting_kind, mqtt_config, mqtt_account, ingest_position,
                sensor_readings, sensor_readings_5min, sensor_readings_hourly, past, past_progress, point_latest, points, current_value, current_values, readings, readings_5min, readings_hourly,
                journal_head, uplink_record, alarm, audit, write_commands, command_source, hold, hold_end, override, overrides, writable_type, unit_range, commands, standing, job_kind, job, change, command_latency, saved_view,
                central_link, remote_site, uplink_cursor, uplink_pruned, uplink_applied, uplink_quarantine, site_key, downlink, downlink_head, point_interval, site_rate, site_hour,
                central_status, site_lag, availability_hours, availability_points, sites}'::text[]) as name
 union all
select 'bacpipes_maintain', 'uplink_applied' -- of readings_newest
 union all
select 'bacpipes_access', name from unnest('{site, organisation}'::text[]) as name
 union all
select 'bacpipes_sync', name from unnest('{site, setting, setting_kind, mqtt_config, mqtt_account, central_link, journal_head, uplink, uplink_frames, uplink_record}'::text[]) as name
 union all
select 'bacpipes_central', name
  from unnest('{site, setting, setting_kind, device, point, point_successor, current_value, sensor_readings, alarm, write_commands,
                remote_site, uplink, uplink_frames, uplink_record, uplink_cursor, uplink_applied, uplink_quarantine, downlink, downlink_head}'::text[]) as name;

-- What a program writes in tables of others, beside what its functions do.
create temporary table right_to_write (writer text, name text, rights text) on commit drop;
insert into right_to_write values
    ('bacpipes_central', 'sensor_readings',   'insert'),
    ('bacpipes_central', 'rollup_dirty',      'insert'),
    ('bacpipes_central', 'current_value',     'insert, update'),
    ('bacpipes_central', 'site_hour',         'insert, update, select'),
    ('bacpipes_central', 'uplink_applied',    'update'),
    ('bacpipes_central', 'uplink_quarantine', 'insert, delete'),
    ('bacpipes_central', 'remote_site',       'update (wait_until, wait_why)');

-- `definer`: it acts with the rights of its owner, for those who may call it and no more.
create temporary table right_on_function (name text, owner text, definer boolean, callers text[]) on commit drop;
insert into right_on_function values
    ('next_device_id',          'bacpipes_owner',    true,  '{bacpipes_collect}'), -- both lock the row of the site
    ('next_point_id',           'bacpipes_owner',    true,  '{bacpipes_collect}'),
    ('device_is_like',          'bacpipes_owner',    false, '{bacpipes_collect}'),
    ('device_store',            'bacpipes_owner',    false, '{bacpipes_collect}'),
    ('name_is_like',            'bacpipes_owner',    false, '{bacpipes_collect}'),
    ('device_ip',               'bacpipes_owner',    false, '{bacpipes_collect}'),
    ('device_network',          'bacpipes_owner',    false, '{bacpipes_collect}'),
    ('point_choice',            'bacpipes_owner',    false, '{bacpipes_collect}'),
    ('note_choice',             'bacpipes_owner',    true,  '{}'), -- of a trigger
    ('device_pairs',            'bacpipes_owner',    false, '{}'),
    ('device_replace',          'bacpipes_owner',    false, '{}'),
    ('readings_give',           'bacpipes_maintain', true,  '{bacpipes_owner}'), -- of device_replace
    ('readings_hold',           'bacpipes_maintain', true,  '{bacpipes_owner, bacpipes_journal}'), -- of device_replace, and of frames_begin
    ('readings_follow',         'bacpipes_maintain', true,  '{bacpipes_ingest}'),
    ('refuse_definitions',      null,                false, '{}'), -- of event triggers, both
    ('refuse_expressions',      null,                false, '{}'),
    ('note_number',             'bacpipes_owner',    true,  '{}'), -- of triggers: it raises the numbers of the site
    ('raise_numbers',           'bacpipes_owner',    false, '{}'),
    ('text_distance',           'bacpipes_owner',    false, '{}'),
    ('setting_amount',          'bacpipes_owner',    false, '{}'),
    ('setting_problem',         'bacpipes_owner',    false, '{}'),
    ('check_setting',           'bacpipes_owner',    true,  '{}'), -- of a trigger
    ('notify_config',           'bacpipes_owner',    true,  '{}'), -- of triggers: nobody else may call pg_notify
    ('is_huge',                 'bacpipes_owner',    false, '{bacpipes_maintain}'),
    ('whole_sum',               'bacpipes_owner',    false, '{bacpipes_maintain}'),
    ('mean_of',                 'bacpipes_owner',    false, '{bacpipes_reader, bacpipes_web}'), -- of the views
    ('state_text',              'bacpipes_owner',    false, '{bacpipes_reader, bacpipes_journal, bacpipes_web}'),
    ('readings_engine',         'bacpipes_maintain', false, '{bacpipes_owner, bacpipes_reader, bacpipes_web}'),
    ('readings_about',          'bacpipes_maintain', false, '{bacpipes_owner}'),
    ('readings_kept',           'bacpipes_maintain', false, '{bacpipes_owner}'),
    ('readings_day_table',      'bacpipes_maintain', false, '{}'),
    ('utc_day',                 'bacpipes_maintain', false, '{}'),
    ('readings_ensure_days',    'bacpipes_maintain', true,  '{bacpipes_ingest, bacpipes_central}'),
    ('readings_newest',         'bacpipes_maintain', false, '{bacpipes_owner}'),
    ('readings_ahead',          'bacpipes_owner',    false, '{bacpipes_maintain, bacpipes_reader, bacpipes_web}'), -- of the views
    ('readings_day',            'bacpipes_maintain', false, '{}'),
    ('readings_days',           'bacpipes_maintain', false, '{bacpipes_owner}'), -- of readings_kept
    ('readings_has_default',    'bacpipes_maintain', false, '{}'),
    ('readings_missing_days',   'bacpipes_maintain', false, '{}'),
    ('readings_forget_begun',   'bacpipes_maintain', false, '{}'),
    ('readings_forget',         'bacpipes_maintain', false, '{}'),
    ('readings_retention_step', 'bacpipes_maintain', false, '{}'),
    ('retention_look',          'bacpipes_maintain', false, '{}'),
    ('past_begin',              'bacpipes_maintain', true,  '{bacpipes_owner}'),
    ('past_lay',                'bacpipes_maintain', true,  '{bacpipes_owner}'),
    ('keep_fuller_rollup',      'bacpipes_maintain', false, '{}'),
    ('bucket_5min',             'bacpipes_maintain', false, '{}'),
    ('bucket_hour',             'bacpipes_maintain', false, '{}'),
    ('rollup_5min',             'bacpipes_maintain', false, '{}'),
    ('rollup_hourly',           'bacpipes_maintain', false, '{}'),
    ('rollup_span',             'bacpipes_maintain', false, '{}'),
    ('rollup_pending',          'bacpipes_maintain', false, '{}'),
    ('rollups_retain',          'bacpipes_maintain', false, '{}'),
    ('quarantine_count',        'bacpipes_owner',    true,  '{}'), -- of triggers: it keeps the totals
    ('quarantine_trim',         'bacpipes_owner',    true,  '{bacpipes_ingest}'),
    ('quarantine_put_back',     'bacpipes_owner',    false, '{}'),
    ('quarantine_store',        'bacpipes_maintain', true,  '{bacpipes_owner}'),
    ('batch_readings',          'bacpipes_owner',    false, '{bacpipes_maintain}'),
    ('journal_due_now',         'bacpipes_journal',  false, '{}'),
    ('journal_append',          'bacpipes_journal',  false, '{}'),
    ('journal_new_epoch',       'bacpipes_journal',  false, '{}'),
    ('journal_digest',          'bacpipes_journal',  false, '{bacpipes_owner}'),
    ('journal_number',          'bacpipes_journal',  true,  '{}'), -- of triggers, these three
    ('journal_begin',           'bacpipes_journal',  true,  '{}'),
    ('note_change',             'bacpipes_journal',  true,  '{}'),
    ('refuse_truncate',         'bacpipes_journal',  false, '{}'), -- of triggers
    ('journal_person',          'bacpipes_journal',  true,  '{bacpipes_owner}'), -- of job_ask and setting_change
    ('journal_who',             'bacpipes_journal',  true,  '{bacpipes_owner}'),
    ('alarm_raise',             'bacpipes_journal',  true,  '{bacpipes_collect, bacpipes_ingest, bacpipes_owner, bacpipes_sync, bacpipes_central}'),
    ('alarm_return',            'bacpipes_journal',  true,  '{bacpipes_collect, bacpipes_ingest, bacpipes_owner, bacpipes_sync, bacpipes_central}'),
    ('frames_points',           'bacpipes_journal',  false, '{}'),
    ('frames_held',             'bacpipes_journal',  true,  '{bacpipes_ingest}'),
    ('frames_due',              'bacpipes_journal',  true,  '{bacpipes_ingest}'),
    ('frames_note',             'bacpipes_journal',  true,  '{bacpipes_ingest, bacpipes_maintain}'), -- of quarantine_store and past_lay, too
    ('frames_begin',            'bacpipes_journal',  true,  '{bacpipes_ingest}'),
    ('frames_append',           'bacpipes_journal',  true,  '{bacpipes_ingest}'),
    ('frames_follow',           'bacpipes_journal',  true,  '{bacpipes_ingest}'),
    ('frames_append_due',       'bacpipes_journal',  true,  '{bacpipes_ingest}'),
    ('frames_lay',              'bacpipes_journal',  true,  '{bacpipes_ingest}'),
    ('entry_told',              'bacpipes_journal',  true,  '{}'), -- of a trigger
    ('command_span',            'bacpipes_journal',  false, '{}'),
    ('device_label',            'bacpipes_journal',  false, '{bacpipes_owner, bacpipes_web}'), -- of the views
    ('point_label',             'bacpipes_journal',  false, '{bacpipes_owner, bacpipes_web}'),
    ('command_states',          'bacpipes_journal',  false, '{}'),
    ('control_setting',         'bacpipes_journal',  false, '{bacpipes_owner}'), -- of central_*
    ('control_allows',          'bacpipes_journal',  false, '{bacpipes_owner}'),
    ('command_state',           'bacpipes_journal',  false, '{}'),
    ('command_value',           'bacpipes_journal',  false, '{}'),
    ('command_value_before',    'bacpipes_journal',  false, '{}'),
    ('as_real',                 'bacpipes_journal',  false, '{bacpipes_owner, bacpipes_reader, bacpipes_web}'), -- of the view
    ('command_instant',         'bacpipes_journal',  false, '{bacpipes_owner, bacpipes_web}'), -- of jobs_tidy, and a view
    ('command_figure',          'bacpipes_journal',  false, '{}'),
    ('command_truth',           'bacpipes_journal',  false, '{}'),
    ('command_patience',        'bacpipes_journal',  false, '{}'),
    ('command_judge',           'bacpipes_journal',  false, '{}'),
    ('command_session_source',  'bacpipes_journal',  false, '{}'),
    ('command_asked',           'bacpipes_journal',  false, '{}'), -- of a trigger: it looks at who inserts
    ('command_gate',            'bacpipes_journal',  true,  '{}'), -- of triggers, from here
    ('command_moves',           'bacpipes_journal',  false, '{}'),
    ('command_stays',           'bacpipes_journal',  false, '{}'),
    ('command_noted',           'bacpipes_journal',  true,  '{}'),
    ('hold_follow',             'bacpipes_journal',  true,  '{}'),
    ('override_forget',         'bacpipes_journal',  true,  '{}'),
    ('source_noted',            'bacpipes_journal',  true,  '{}'), -- to here
    ('command_sees_only',       'bacpipes_journal',  true,  '{bacpipes_collect, bacpipes_owner, bacpipes_reader, bacpipes_source, bacpipes_web}'), -- of the rows' policy
    ('command_source_named',    'bacpipes_journal',  false, '{}'),
    ('command_check',           'bacpipes_journal',  true,  '{bacpipes_collect, bacpipes_owner}'),
    ('command_text',            'bacpipes_journal',  false, '{}'),
    ('command_time',            'bacpipes_journal',  false, '{}'),
    ('command_number',          'bacpipes_journal',  false, '{}'),
    ('command_interval',        'bacpipes_journal',  false, '{}'),
    ('command_ask',             'bacpipes_journal',  true,  '{bacpipes_collect, bacpipes_owner}'),
    ('point_named',             'bacpipes_journal',  true,  '{bacpipes_collect, bacpipes_owner}'),
    ('commands_note',           'bacpipes_journal',  false, '{}'),
    ('command_cancel',          'bacpipes_journal',  true,  '{bacpipes_owner}'),
    ('hold_take',               'bacpipes_journal',  false, '{}'),
    ('holds_of',                'bacpipes_journal',  true,  '{bacpipes_collect}'),
    ('hold_event',              'bacpipes_journal',  true,  '{bacpipes_collect}'),
    ('commands_flooded',        'bacpipes_journal',  false, '{}'),
    ('commands_due',            'bacpipes_journal',  true,  '{bacpipes_collect}'),
    ('commands_claim',          'bacpipes_journal',  true,  '{bacpipes_collect}'),
    ('commands_end',            'bacpipes_journal',  true,  '{bacpipes_collect}'),
    ('commands_retain',         'bacpipes_journal',  false, '{}'), -- of the journal's maintenance
    ('override_store',          'bacpipes_journal',  true,  '{bacpipes_collect}'),
    ('source_store',            'bacpipes_journal',  true,  '{bacpipes_logins}'),
    ('source_forget',           'bacpipes_journal',  true,  '{bacpipes_logins}'),
    ('source_set',              'bacpipes_journal',  true,  '{bacpipes_owner}'),
    ('source_add',              'bacpipes_logins',   true,  '{bacpipes_owner}'),
    ('source_remove',           'bacpipes_logins',   true,  '{bacpipes_owner}'),
    ('sources_end_idle',        'bacpipes_logins',   true,  '{bacpipes_collect, bacpipes_owner}'),
    ('commands_restored',       'bacpipes_journal',  false, '{}'),
    ('web_limit',               'bacpipes_journal',  false, '{}'),
    ('web_command_priority',    'bacpipes_journal',  false, '{}'),
    ('web_command_ask',         'bacpipes_journal',  true,  '{bacpipes_web}'),
    ('web_command_check',       'bacpipes_journal',  true,  '{bacpipes_web}'),
    ('web_command_cancel',      'bacpipes_journal',  true,  '{bacpipes_web}'),
    ('setting_change',          'bacpipes_owner',    true,  '{bacpipes_web}'),
    ('point_version',           'bacpipes_owner',    true,  '{}'), -- of a trigger
    ('point_set_problem',       'bacpipes_owner',    false, '{}'),
    ('points_change',           'bacpipes_owner',    true,  '{bacpipes_web}'),
    ('points_undo',             'bacpipes_owner',    true,  '{bacpipes_web}'),
    ('views_noted',             'bacpipes_owner',    true,  '{}'), -- of triggers
    ('view_store',              'bacpipes_owner',    true,  '{bacpipes_web}'),
    ('view_remove',             'bacpipes_owner',    true,  '{bacpipes_web}'),
    ('job_noted',               'bacpipes_owner',    false, '{}'), -- of triggers
    ('jobs_tidy',               'bacpipes_owner',    true,  '{bacpipes_journal}'), -- of remote_tick
    ('job_search',              'bacpipes_owner',    false, '{}'), -- of job_ask and job_carry_out
    ('job_ask',                 'bacpipes_owner',    true,  '{bacpipes_web}'),
    ('jobs_take',               'bacpipes_owner',    true,  '{bacpipes_collect, bacpipes_web}'),
    ('jobs_begin',              'bacpipes_owner',    true,  '{bacpipes_collect, bacpipes_web}'),
    ('job_tell',                'bacpipes_owner',    true,  '{bacpipes_collect, bacpipes_web}'),
    ('job_end',                 'bacpipes_owner',    true,  '{bacpipes_collect, bacpipes_web}'),
    ('job_cancel',              'bacpipes_owner',    true,  '{bacpipes_web}'),
    ('journal_position',        'bacpipes_journal',  true,  '{bacpipes_collect, bacpipes_owner}'),
    ('journal_open',            'bacpipes_journal',  true,  '{bacpipes_collect}'),
    ('journal_checkpoint',      'bacpipes_journal',  true,  '{bacpipes_collect}'),
    ('journal_key_handed',      'bacpipes_journal',  true,  '{bacpipes_collect}'),
    ('site_key_seen',           'bacpipes_journal',  true,  '{}'), -- of a trigger
    ('site_keys_untold',        'bacpipes_journal',  true,  '{bacpipes_central}'),
    ('site_key_tell',           'bacpipes_journal',  true,  '{bacpipes_central}'),
    ('journal_unsigned',        'bacpipes_journal',  true,  '{bacpipes_collect}'),
    ('journal_records',         'bacpipes_journal',  true,  '{bacpipes_collect}'),
    ('journal_last_checkpoint', 'bacpipes_journal',  true,  '{bacpipes_collect}'),
    ('journal_note',            'bacpipes_journal',  true,  '{bacpipes_access}'),
    ('web_acting',              'bacpipes_access',   true,  '{bacpipes_journal}'), -- of journal_who, web_command_ask
    ('web_user',                'bacpipes_access',   true,  '{bacpipes_owner, bacpipes_journal, bacpipes_web}'),
    ('web_may',                 'bacpipes_access',   true,  '{bacpipes_owner, bacpipes_journal, bacpipes_web}'),
    ('current_values_keep',     'bacpipes_owner',    true,  '{bacpipes_web}'),
    ('web_must',                'bacpipes_access',   true,  '{bacpipes_owner, bacpipes_journal, bacpipes_web}'),
    ('web_act',                 'bacpipes_access',   true,  '{bacpipes_web}'),
    ('access_identify',         'bacpipes_access',   true,  '{bacpipes_web}'),
    ('access_login_begin',      'bacpipes_access',   true,  '{bacpipes_web}'),
    ('access_login_end',        'bacpipes_access',   true,  '{bacpipes_web}'),
    ('access_link_look',        'bacpipes_access',   true,  '{bacpipes_web}'),
    ('access_link_try',         'bacpipes_access',   true,  '{bacpipes_web}'),
    ('access_code_try',         'bacpipes_access',   true,  '{bacpipes_web}'),
    ('access_network',          'bacpipes_access',   false, '{}'),
    ('access_manage',           'bacpipes_access',   false, '{}'),
    ('access_link_use',         'bacpipes_access',   true,  '{bacpipes_web}'),
    ('access_session_end',      'bacpipes_access',   true,  '{bacpipes_web}'),
    ('access_me',               'bacpipes_access',   true,  '{bacpipes_web}'),
    ('access_me_set',           'bacpipes_access',   true,  '{bacpipes_web}'),
    ('access_totp_begin',       'bacpipes_access',   true,  '{bacpipes_web}'),
    ('access_totp_look',        'bacpipes_access',   true,  '{bacpipes_web}'),
    ('access_totp_confirm',     'bacpipes_access',   true,  '{bacpipes_web}'),
    ('access_totp_end',         'bacpipes_access',   true,  '{bacpipes_web}'),
    ('access_users',            'bacpipes_access',   true,  '{bacpipes_owner, bacpipes_web}'),
    ('access_user',             'bacpipes_access',   true,  '{bacpipes_owner, bacpipes_web}'),
    ('access_user_named',       'bacpipes_access',   true,  '{bacpipes_owner, bacpipes_web}'),
    ('access_link_add',         'bacpipes_access',   true,  '{bacpipes_owner, bacpipes_web}'),
    ('access_password_set',     'bacpipes_access',   true,  '{bacpipes_owner, bacpipes_web}'),
    ('access_user_add',         'bacpipes_access',   true,  '{bacpipes_owner, bacpipes_web}'),
    ('access_user_set',         'bacpipes_access',   true,  '{bacpipes_owner, bacpipes_web}'),
    ('access_user_remove',      'bacpipes_access',   true,  '{bacpipes_owner, bacpipes_web}'),
    ('access_grants_set',       'bacpipes_access',   false, '{}'),
    ('access_grant',            'bacpipes_access',   true,  '{bacpipes_owner, bacpipes_web}'),
    ('access_instant',          'bacpipes_access',   false, '{}'),
    ('access_sessions',         'bacpipes_access',   true,  '{bacpipes_owner, bacpipes_web}'),
    ('access_sessions_end',     'bacpipes_access',   true,  '{bacpipes_owner, bacpipes_web}'),
    ('access_tokens',           'bacpipes_access',   true,  '{bacpipes_owner, bacpipes_web}'),
    ('access_token_add',        'bacpipes_access',   true,  '{bacpipes_owner, bacpipes_web}'),
    ('access_token_remove',     'bacpipes_access',   true,  '{bacpipes_owner, bacpipes_web}'),
    ('access_first_link',       'bacpipes_access',   true,  '{bacpipes_owner}'),
    ('access_totp_end_of',      'bacpipes_access',   true,  '{bacpipes_owner}'),
    ('access_rank',             'bacpipes_access',   false, '{}'),
    ('access_roles',            'bacpipes_access',   false, '{}'),
    ('web_begin',               'bacpipes_access',   false, '{}'),
    ('access_found',            'bacpipes_access',   false, '{}'),
    ('access_notify',           'bacpipes_access',   false, '{}'),
    ('access_note',             'bacpipes_access',   false, '{}'),
    ('access_organisation',     'bacpipes_access',   false, '{}'),
    ('access_known',            'bacpipes_access',   false, '{}'),
    ('access_identity',         'bacpipes_access',   false, '{}'),
    ('access_try',              'bacpipes_access',   false, '{}'),
    ('access_keys',             'bacpipes_access',   false, '{}'),
    ('access_succeeded',        'bacpipes_access',   false, '{}'),
    ('access_session_make',     'bacpipes_access',   false, '{}'),
    ('access_code_take',        'bacpipes_access',   false, '{}'),
    ('access_self',             'bacpipes_access',   false, '{}'),
    ('access_grants',           'bacpipes_access',   false, '{}'),
    ('access_user_json',        'bacpipes_access',   false, '{}'),
    ('access_keep_admin',       'bacpipes_access',   false, '{}'),
    ('access_has_admin',        'bacpipes_access',   false, '{}'),
    ('access_grants_put',       'bacpipes_access',   false, '{}'),
    ('access_group_changed',    'bacpipes_access',   false, '{}'),
    ('journal_partition',       'bacpipes_journal',  false, '{}'),
    ('journal_partitions',      'bacpipes_journal',  false, '{}'),
    ('journal_take_turns',      'bacpipes_journal',  false, '{}'),
    ('journal_hold',            'bacpipes_journal',  false, '{}'),
    ('journal_make_way',        'bacpipes_logins',   true,  '{bacpipes_journal}'),
    ('journal_ensure',          'bacpipes_journal',  false, '{}'),
    ('journal_day_is_over',     'bacpipes_journal',  false, '{}'),
    ('record_dated',            'bacpipes_journal',  false, '{}'),
    ('record_unapplied',        'bacpipes_journal',  false, '{}'),
    ('journal_pruned',          'bacpipes_journal',  false, '{}'),
    ('journal_month_ends',      'bacpipes_journal',  false, '{}'),
    ('uplink_records_drop',     'bacpipes_journal',  false, '{}'),
    ('uplink_records_tidy',     'bacpipes_journal',  false, '{}'),
    ('journal_drop',            'bacpipes_journal',  false, '{}'),
    ('journal_give_up',         'bacpipes_journal',  false, '{}'),
    ('journal_keep',            'bacpipes_journal',  false, '{}'),
    ('journal_maintain',        'bacpipes_journal',  true,  '{bacpipes_maintain}'),
    ('site_stays',              'bacpipes_owner',    false, '{}'), -- of triggers, both
    ('link_noted',              'bacpipes_journal',  true,  '{}'),
    ('serial_hex',              'bacpipes_journal',  false, '{}'),
    ('link_serial',             'bacpipes_journal',  false, '{}'),
    ('link_caller',             'bacpipes_journal',  false, '{}'),
    ('link_limits',             'bacpipes_journal',  false, '{}'),
    ('link_wait',               'bacpipes_journal',  false, '{}'),
    ('link_applies',            'bacpipes_journal',  false, '{bacpipes_owner}'), -- of triggers
    ('site_must_answer',        'bacpipes_journal',  false, '{}'),
    ('site_is_remote',          'bacpipes_journal',  false, '{bacpipes_owner, bacpipes_web}'), -- of points_change and others, and a view
    ('source_is_there',         'bacpipes_journal',  true,  '{}'), -- of triggers, both
    ('source_is_kept',          'bacpipes_journal',  true,  '{}'),
    ('downlink_due',            'bacpipes_journal',  false, '{}'),
    ('downlink_append',         'bacpipes_journal',  true,  '{bacpipes_owner}'), -- of change_ask and job_ask
    ('downlink_give',           'bacpipes_journal',  false, '{}'),
    ('downlink_lost',           'bacpipes_journal',  false, '{}'),
    ('downlink_begin',          'bacpipes_journal',  true,  '{bacpipes_central}'),
    ('downlink_begin_again',    'bacpipes_journal',  true,  '{bacpipes_central}'),
    ('remote_asked',            'bacpipes_journal',  true,  '{bacpipes_owner}'), -- of change_ask
    ('command_body',            'bacpipes_journal',  false, '{}'),
    ('command_step',            'bacpipes_journal',  false, '{bacpipes_owner, bacpipes_web}'), -- of a view
    ('change_ask',              'bacpipes_owner',    false, '{}'),
    ('change_cancel',           'bacpipes_owner',    true,  '{bacpipes_web}'),
    ('change_told',             'bacpipes_owner',    false, '{bacpipes_web}'),
    ('change_set',              'bacpipes_owner',    false, '{}'),
    ('site_groups',             'bacpipes_access',   true,  '{bacpipes_owner, bacpipes_web}'),
    ('site_groups_set',         'bacpipes_access',   true,  '{bacpipes_owner, bacpipes_web}'),
    ('change_words',            'bacpipes_owner',    false, '{}'),
    ('waiting_take_back',       'bacpipes_owner',    false, '{}'),
    ('change_asked',            'bacpipes_owner',    false, '{bacpipes_web}'),
    ('central_must',            'bacpipes_owner',    false, '{}'),
    ('change_do',               'bacpipes_owner',    false, '{}'),
    ('change_carry_out',        'bacpipes_owner',    true,  '{bacpipes_journal}'), -- of downlink_carry_out, both
    ('job_carry_out',           'bacpipes_owner',    true,  '{bacpipes_journal}'),
    ('job_told',                'bacpipes_journal',  true,  '{}'), -- of triggers, these four
    ('link_let_ask',            'bacpipes_journal',  true,  '{}'),
    ('note_held',               'bacpipes_journal',  true,  '{}'),
    ('remote_stays',            'bacpipes_owner',    true,  '{}'),
    ('held_append',             'bacpipes_journal',  false, '{}'),
    ('remote_expire',           'bacpipes_journal',  false, '{}'),
    ('remote_tick',             'bacpipes_journal',  true,  '{bacpipes_central}'),
    ('downlink_carry_out',      'bacpipes_journal',  true,  '{bacpipes_sync}'),
    ('uplink_apply_command',    'bacpipes_journal',  false, '{}'),
    ('uplink_apply_held',       'bacpipes_journal',  false, '{}'),
    ('uplink_apply_job',        'bacpipes_journal',  false, '{}'),
    ('uplink_apply_audit',      'bacpipes_journal',  false, '{}'),
    ('downlink_meet',           'bacpipes_journal',  false, '{}'),
    ('downlink_tidy',           'bacpipes_journal',  true,  '{bacpipes_central}'),
    ('link_forked',             'bacpipes_journal',  false, '{}'),
    ('site_struck',             'bacpipes_journal',  true,  '{bacpipes_logins}'), -- of sync_guard, both
    ('sites_listen',            'bacpipes_owner',    false, '{bacpipes_central}'),
    ('sites_shut',              'bacpipes_journal',  true,  '{bacpipes_logins}'),
    ('site_opened',             'bacpipes_journal',  true,  '{bacpipes_logins}'),
    ('site_session_end',        'bacpipes_logins',   false, '{}'),
    ('site_login_settle',       'bacpipes_logins',   false, '{}'),
    ('health_believed',         'bacpipes_journal',  false, '{}'),
    ('sync_guard',              'bacpipes_logins',   true,  '{bacpipes_central}'),
    ('site_sessions',           'bacpipes_logins',   true,  '{bacpipes_central}'),
    ('central_room',            'bacpipes_owner',    false, '{bacpipes_central, bacpipes_journal, bacpipes_logins}'),
    ('central_close',           null,                false, '{}'),
    ('successor_noted',         'bacpipes_journal',  true,  '{}'), -- of a trigger
    ('uplink_key',              'bacpipes_owner',    false, '{bacpipes_journal}'),
    ('uplink_columns',          'bacpipes_owner',    false, '{}'),
    ('uplink_put',              'bacpipes_owner',    false, '{}'),
    ('uplink_stranger',         'bacpipes_owner',    false, '{}'),
    ('uplink_forget',           'bacpipes_owner',    false, '{}'),
    ('uplink_state',            'bacpipes_owner',    false, '{}'),
    ('uplink_edit',             'bacpipes_owner',    true,  '{bacpipes_journal}'), -- of uplink_record_apply
    ('note_status',             'bacpipes_journal',  true,  '{}'), -- of triggers
    ('uplink_status',           'bacpipes_owner',    true,  '{bacpipes_journal}'), -- of uplink_record_apply
    ('uplink_row_key',          'bacpipes_journal',  false, '{}'),
    ('uplink_alarm',            'bacpipes_journal',  false, '{}'),
    ('uplink_alarms_going',     'bacpipes_journal',  false, '{}'),
    ('poll_intervals_note',     'bacpipes_journal',  false, '{}'),
    ('uplink_later',            'bacpipes_journal',  false, '{}'),
    ('uplink_since',            'bacpipes_journal',  false, '{}'),
    ('uplink_alarm_over',       'bacpipes_journal',  false, '{}'),
    ('uplink_late',             'bacpipes_journal',  false, '{}'),
    ('uplink_letters',          'bacpipes_journal',  false, '{}'),
    ('uplink_text_cut',         'bacpipes_journal',  false, '{bacpipes_web}'),
    ('uplink_field_cut',        'bacpipes_journal',  false, '{}'),
    ('uplink_cut',              'bacpipes_journal',  false, '{}'),
    ('uplink_instants_check',   'bacpipes_journal',  false, '{}'),
    ('uplink_aside_count',      'bacpipes_journal',  true,  '{}'), -- of triggers
    ('uplink_cut_note',         'bacpipes_journal',  false, '{}'),
    ('record_short',            'bacpipes_journal',  false, '{bacpipes_web}'),
    ('record_shown',            'bacpipes_journal',  false, '{bacpipes_web}'),
    ('uplink_state_lost',       'bacpipes_journal',  false, '{}'),
    ('uplink_record_apply',     'bacpipes_journal',  false, '{}'),
    ('uplink_put_aside',        'bacpipes_journal',  false, '{}'),
    ('uplink_is_told',          'bacpipes_journal',  false, '{}'),
    ('uplink_gate',             'bacpipes_journal',  false, '{}'),
    ('uplink_apply',            'bacpipes_journal',  true,  '{bacpipes_central}'),
    ('uplink_retry',            'bacpipes_journal',  true,  '{bacpipes_central}'),
    ('uplink_retry_begin',      'bacpipes_journal',  true,  '{bacpipes_central}'),
    ('uplink_retry_failed',     'bacpipes_journal',  true,  '{bacpipes_central}'),
    ('uplink_is_needed',        'bacpipes_journal',  false, '{}'),
    ('uplink_frames_drop',      'bacpipes_journal',  false, '{}'),
    ('uplink_frames_tidy',      'bacpipes_journal',  false, '{}'),
    ('uplink_concluded',        'bacpipes_journal',  true,  '{bacpipes_central}'),
    ('central_keep',            'bacpipes_journal',  true,  '{bacpipes_central}'),
    ('central_tidy',            'bacpipes_journal',  false, '{}'),
    ('central_retry',           'bacpipes_journal',  true,  '{bacpipes_central, bacpipes_owner}'),
    ('current_values_fill',     'bacpipes_owner',    true,  '{bacpipes_central}'),
    ('central_notify',          'bacpipes_owner',    true,  '{bacpipes_central}'),
    ('site_noted',              'bacpipes_journal',  false, '{}'),
    ('site_known',              'bacpipes_journal',  false, '{}'),
    ('site_must_be_called',     'bacpipes_journal',  false, '{}'),
    ('site_held',               'bacpipes_journal',  false, '{}'),
    ('site_withdraw',           'bacpipes_journal',  false, '{}'),
    ('site_awaited_since',      'bacpipes_journal',  false, '{}'),
    ('site_shut',               'bacpipes_journal',  false, '{}'),
    ('site_answer',             'bacpipes_journal',  false, '{}'),
    ('site_login',              'bacpipes_logins',   true,  '{bacpipes_journal}'),
    ('site_make_way',           'bacpipes_logins',   true,  '{bacpipes_journal}'),
    ('site_invite',             'bacpipes_journal',  true,  '{bacpipes_owner, bacpipes_web}'),
    ('site_invited',            'bacpipes_journal',  true,  '{bacpipes_owner, bacpipes_web}'),
    ('site_invited_until',      'bacpipes_journal',  true,  '{bacpipes_owner, bacpipes_web}'),
    ('site_rename',             'bacpipes_journal',  true,  '{bacpipes_owner, bacpipes_web}'),
    ('site_revoke',             'bacpipes_journal',  true,  '{bacpipes_owner, bacpipes_web}'),
    ('site_retire',             'bacpipes_journal',  true,  '{bacpipes_owner, bacpipes_web}'),
    ('site_is_listed',          'bacpipes_journal',  true,  '{bacpipes_owner, bacpipes_web}'),
    ('site_requests',           'bacpipes_journal',  true,  '{bacpipes_central}'),
    ('site_signed',             'bacpipes_journal',  true,  '{bacpipes_central}'),
    ('site_refused',            'bacpipes_journal',  true,  '{bacpipes_central}'),
    ('site_revocations',        'bacpipes_journal',  true,  '{bacpipes_central}'),
    ('site_revocation_listed',  'bacpipes_journal',  true,  '{bacpipes_central}'),
    ('site_authorities_tell',  'bacpipes_journal',  true,  '{bacpipes_central}'),
    ('sites_mend',              'bacpipes_journal',  true,  '{bacpipes_central}'),
    ('central_begin',            null,                false, '{}'), -- for a superuser
    ('central_link_store',       'bacpipes_journal',  true,  '{bacpipes_owner}'),
    ('sync.join',               'bacpipes_journal',  true,  '{bacpipes_join}'),
    ('sync.renew',              'bacpipes_journal',  true,  '{bacpipes_sites}'),
    ('sync.authorities',        'bacpipes_journal',  true,  '{bacpipes_sites}'),
    ('sync.hello',              'bacpipes_journal',  true,  '{bacpipes_sites}'),
    ('sync.begin_epoch',        'bacpipes_journal',  true,  '{bacpipes_sites}'),
    ('sync.append',             'bacpipes_journal',  true,  '{bacpipes_sites}'),
    ('sync.fetch',              'bacpipes_journal',  true,  '{bacpipes_sites}'),
    ('sync.digests',            'bacpipes_journal',  true,  '{bacpipes_sites}'),
    ('frame_is_key',            'bacpipes_journal',  false, '{}'),
    ('frame_stream',            'bacpipes_journal',  false, '{}'),
    ('link_lives',              'bacpipes_journal',  false, '{}'),
    ('link_state',              'bacpipes_journal',  true,  '{bacpipes_sync}'),
    ('link_head',               'bacpipes_journal',  true,  '{bacpipes_sync}'),
    ('link_backlog',            'bacpipes_journal',  true,  '{bacpipes_sync, bacpipes_owner}'),
    ('link_entries',            'bacpipes_journal',  true,  '{bacpipes_sync}'),
    ('link_digests',            'bacpipes_journal',  true,  '{bacpipes_sync}'),
    ('link_compare',            'bacpipes_journal',  true,  '{bacpipes_sync}'),
    ('link_begins',             'bacpipes_journal',  true,  '{bacpipes_sync}'),
    ('link_close',              'bacpipes_journal',  true,  '{bacpipes_sync}'),
    ('link_acknowledge',        'bacpipes_journal',  true,  '{bacpipes_sync}'),
    ('journal_is_at_central',   'bacpipes_journal',  false, '{}'),
    ('link_floors',             'bacpipes_journal',  true,  '{bacpipes_sync}'),
    ('journal_snapshot',        'bacpipes_journal',  false, '{}'),
    ('link_prepare',            'bacpipes_journal',  true,  '{bacpipes_sync}'),
    ('journal_refile',          'bacpipes_journal',  true,  '{bacpipes_sync}'),
    ('link_carry',              'bacpipes_journal',  true,  '{bacpipes_sync}'),
    ('link_count',              'bacpipes_journal',  true,  '{bacpipes_sync}'),
    ('link_report',             'bacpipes_journal',  true,  '{bacpipes_sync}'),
    ('link_month',              'bacpipes_journal',  true,  '{bacpipes_sync, bacpipes_owner}');

do $$
declare
    roles   constant text   := (select string_agg(quote_ident(rolname), ', ') from pg_roles
                                 where rolname in ('bacpipes_owner', 'bacpipes_collect', 'bacpipes_ingest', 'bacpipes_maintain', 'bacpipes_reader', 'bacpipes_journal',
                                                  'bacpipes_source', 'bacpipes_logins', 'bacpipes_web', 'bacpipes_access', 'bacpipes_sync', 'bacpipes_central'));
    nobody  constant text   := concat_ws(', ', 'public', roles, to_regrole('bacpipes_sites')::text, to_regrole('bacpipes_join')::text);
    reader_settings constant text[] := '{temp_file_limit=1GB, statement_timeout=10min}';
    is_super constant boolean := (select rolsuper from pg_roles where rolname = current_user);
    is_ours constant boolean := (select count(*) = 5 from pg_roles
                                  where rolname in ('bacpipes_owner', 'bacpipes_maintain', 'bacpipes_journal', 'bacpipes_logins', 'bacpipes_access') and pg_has_role(oid, 'usage'));
    thing   record;
    given   record;
begin
    if pg_has_role((select datdba from pg_database where datname = current_database()), 'usage') then
        execute format('revoke temporary on database %I from public', current_database());
        revoke create on schema public from public;
        if to_regrole('bacpipes_ingest') is not null then -- it stages repeats beside the readings
            execute format('grant temporary on database %I to bacpipes_ingest, bacpipes_central', current_database());
        end if;
        if is_ours and not is_super then -- to be given something, a role must be able to make it; until the end of this
            grant create on schema public to bacpipes_owner, bacpipes_maintain, bacpipes_journal, bacpipes_logins, bacpipes_access;
        end if;
    end if;
    if is_ours and pg_has_role((select nspowner from pg_namespace where nspname = 'days'), 'usage') then
        grant usage, create on schema days to bacpipes_maintain;
        grant usage, create on schema journal to bacpipes_journal;
        grant usage, create on schema access to bacpipes_access;
        grant usage, create on schema sync to bacpipes_journal;
        grant usage on schema sync to bacpipes_sites, bacpipes_join;
    end if;
    if is_super and not exists (select from pg_event_trigger where evtname = 'bacpipes_definitions') then
        create event trigger bacpipes_definitions on ddl_command_start execute function public.refuse_definitions();
    end if;
    if is_super and not exists (select from pg_event_trigger where evtname = 'bacpipes_expressions') then
        create event trigger bacpipes_expressions on ddl_command_end when tag in ('CREATE TABLE', 'ALTER TABLE') execute function public.refuse_expressions();
    end if;
    if roles is not null then
        execute format('grant usage on schema public to %s', roles);
    end if;

    -- Tables to come are nobody's until they have their line (once the reader was given all of them).
    for thing in select distinct defaclrole::regrole as of_role from pg_default_acl, aclexplode(defaclacl) as given
                  where defaclnamespace = 'public'::regnamespace and defaclobjtype = 'r' and grantee = to_regrole('bacpipes_reader')
                    and pg_has_role(defaclrole, 'usage') loop
        execute format('alter default privileges for role %s in schema public revoke all on tables from bacpipes_reader', thing.of_role);
    end loop;

    -- Advisory locks are for us alone: whoever holds the one of `bacpipes migrate` would stop it.
    if is_super then
        for thing in select oid::regprocedure as name from pg_proc
                      where pronamespace = 'pg_catalog'::regnamespace and proname ~ '^pg_(try_)?advisory_(xact_)?lock'
                        and has_function_privilege('public', oid, 'execute') loop
            execute format('revoke execute on function %s from public', thing.name);
        end loop;
        -- Who may read fills no disk with large objects or WAL, and floods nobody with a notice for each row of a query. The
        -- statement NOTIFY asks for no right; the programs read again at most now and then (lib/io/pg/reload.h).
        for thing in select oid::regprocedure as name from pg_proc
                      where pronamespace = 'pg_catalog'::regnamespace and (proname ~ '^lo_' or proname in ('lowrite', 'loread', 'pg_logical_emit_message', 'pg_notify'))
                        and has_function_privilege('public', oid, 'execute') loop
            execute format('revoke execute on function %s from public', thing.name);
        end loop;
        grant execute on function pg_catalog.pg_notify(text, text) to bacpipes_owner, bacpipes_journal, bacpipes_access; -- notify_config, command_noted, access_notify
        -- A role may change its own settings and password: the former are given back here, the latter by `bacpipes up`.
        for thing in select coalesce(quote_ident(datname), '') as database from pg_db_role_setting left join pg_database on pg_database.oid = setdatabase
                      where setrole = 'bacpipes_reader'::regrole and (setdatabase <> 0 or setconfig <> reader_settings) loop
            execute 'alter role bacpipes_reader' || case when thing.database <> '' then ' in database ' || thing.database else '' end || ' reset all';
        end loop;
        if not exists (select from pg_db_role_setting where setrole = 'bacpipes_reader'::regrole) then
            alter role bacpipes_reader set temp_file_limit = '1GB';
            alter role bacpipes_reader set statement_timeout = '10min';
        end if;
        -- What a session of a site holds keeps nobody else waiting; what was not done is done later.
        if not exists (select from pg_db_role_setting where setrole = 'bacpipes_central'::regrole and setconfig @> '{lock_timeout=2s, statement_timeout=10min}') then
            alter role bacpipes_central set lock_timeout = '2s';
            alter role bacpipes_central set statement_timeout = '10min';
        end if;
        grant execute on function pg_catalog.pg_try_advisory_lock(integer, integer) to bacpipes_ingest, bacpipes_collect, bacpipes_sync, bacpipes_central; -- one of each a site
    end if;

    for thing in select *, ('public.' || name)::regclass as relation from right_on_table loop
        if is_ours and (select relowner <> to_regrole(quote_ident(coalesce(thing.owner, current_user))) from pg_class where oid = thing.relation) then
            execute format('alter table %s owner to %I', thing.relation, coalesce(thing.owner, current_user));
        end if;
        execute format('revoke all on table %s from %s', thing.relation, nobody);
        for given in select * from (values ('bacpipes_collect', thing.collect), ('bacpipes_ingest', thing.ingest), ('bacpipes_maintain', thing.maintain),
                                           ('bacpipes_owner', thing.tools), ('bacpipes_reader', thing.reader), ('bacpipes_journal', thing.journal)) as given (role, rights)
                      where rights is not null and to_regrole(role) is not null loop
            execute format('grant %s on table %s to %I', given.rights, thing.relation, given.role);
        end loop;
    end loop;

    for thing in select * from right_to_read where to_regrole(reader) is not null loop
        execute format('grant select on table public.%I to %I', thing.name, thing.reader);
    end loop;
    for thing in select * from right_to_write where to_regrole(writer) is not null loop
        execute format('grant %s on table public.%I to %I', thing.rights, thing.name, thing.writer);
    end loop;
    for thing in select oid::regclass as relation, relowner from pg_class where relnamespace = 'access'::regnamespace and relkind = 'r' loop
        if is_ours and thing.relowner <> to_regrole('bacpipes_access') then
            execute format('alter table %s owner to bacpipes_access', thing.relation);
        end if;
        execute format('revoke all on table %s from %s', thing.relation, nobody);
        if is_ours then
            execute format('grant all on table %s to bacpipes_access', thing.relation);
        end if;
    end loop;

    if to_regrole('bacpipes_source') is not null then
        grant select, insert (site_id, point_id, command_type, value, state, priority, created_by, source_ip, release_after, expires_at, execute_at, reason, idempotency_key) on public.write_commands to bacpipes_source;
    end if;

    for thing in select right_on_function.*, pg_proc.oid::regprocedure as function, proowner, prosqlbody is not null as names_are_fixed
                   from right_on_function join pg_proc on pronamespace = case when name like 'sync.%' then 'sync' else 'public' end::regnamespace and proname = replace(name, 'sync.', '') loop
        if is_ours and thing.proowner <> to_regrole(quote_ident(coalesce(thing.owner, current_user))) then
            execute format('alter function %s owner to %I', thing.function, coalesce(thing.owner, current_user));
        end if;
        execute format('alter function %s security %s', thing.function, case when thing.definer then 'definer' else 'invoker' end);
        if not thing.names_are_fixed then
            execute format('alter function %s set search_path = public, pg_temp', thing.function);
        end if;
        execute format('revoke all on function %s from %s', thing.function, nobody);
        for given in select caller from unnest(thing.callers) as caller where to_regrole(caller) is not null loop
            execute format('grant execute on function %s to %I', thing.function, given.caller);
        end loop;
        if is_ours and thing.owner is not null then
            execute format('grant execute on function %s to %I', thing.function, thing.owner);
        end if;
    end loop;

    -- Days belong to whom readings belong to, and are read through them; TimescaleDB sees to that for its chunks.
    if public.readings_engine() = 'native' then
        for thing in select pg_class.oid::regclass as day from public.readings_days() join pg_class on pg_class.oid = to_regclass(public.readings_day(name))
                      where is_day and is_ours and (relowner <> to_regrole('bacpipes_maintain')
                                                 or exists (select from aclexplode(relacl) where grantee <> relowner)) loop
            execute format('alter table %s owner to bacpipes_maintain', thing.day);
            execute format('revoke all on table %s from %s', thing.day, nobody);
            execute format('grant all on table %s to bacpipes_maintain', thing.day);
        end loop;
        if is_ours and has_schema_privilege('bacpipes_maintain', to_regnamespace('days'), 'create') then
            for thing in select public.readings_day(name) as day from public.readings_days() where is_day and public.readings_day(name) like 'public.%' loop
                execute format('alter table %s set schema days', thing.day); -- where they once were made
            end loop;
        end if;
    end if;
    if is_ours and pg_has_role((select nspowner from pg_namespace where nspname = 'public'), 'usage') then
        revoke create on schema public from bacpipes_owner, bacpipes_maintain, bacpipes_journal, bacpipes_logins, bacpipes_access;
    end if;
    if is_ours and pg_has_role((select nspowner from pg_namespace where nspname = 'access'), 'usage') then
        revoke create on schema access from bacpipes_access;
    end if;
    if is_ours and pg_has_role((select nspowner from pg_namespace where nspname = 'sync'), 'usage') then
        revoke create on schema sync from bacpipes_journal;
    end if;
end
$$;
