-- Who may do what: every role on every table, view, sequence and function that the catalogue knows. What does not stand here
-- has to be refused.
begin;
create temporary table role_name (role text);
insert into role_name select rolname from pg_roles where rolname like 'bacpipes\_%';

create temporary table expected (role text, thing text, rights text);
insert into expected values
    ('bacpipes_collect',  'site',                   'INSERT SELECT'),
    ('bacpipes_collect',  'device',                 'INSERT SELECT UPDATE'),
    ('bacpipes_collect',  'point',                  'INSERT SELECT UPDATE'),
    ('bacpipes_collect',  'device_status',          'INSERT SELECT UPDATE'),
    ('bacpipes_collect',  'setting',                'SELECT'),
    ('bacpipes_collect',  'point_rule',             'SELECT'),
    ('bacpipes_collect',  'name_is_like(text,text)', 'EXECUTE'),
    ('bacpipes_collect',  'device_ip(text)',        'EXECUTE'),
    ('bacpipes_collect',  'device_network(text)',   'EXECUTE'),
    ('bacpipes_collect',  'point_choice(text,text,integer,text,text)', 'EXECUTE'),
    ('bacpipes_collect',  'mqtt_config',            'SELECT'),
    ('bacpipes_collect',  'mqtt_account',           'SELECT'),
    ('bacpipes_collect',  'next_device_id(text)',   'EXECUTE'),
    ('bacpipes_collect',  'next_point_id(text)',    'EXECUTE'),
    ('bacpipes_collect',  'device_store(text,jsonb,jsonb,integer,integer)', 'EXECUTE'),
    ('bacpipes_collect',  'device_is_like(device,jsonb,jsonb,boolean)', 'EXECUTE'),
    ('bacpipes_owner',    'readings_give(text,integer,integer)', 'EXECUTE'),
    ('bacpipes_owner',    'readings_hold()', 'EXECUTE'),
    ('bacpipes_journal',  'readings_hold()', 'EXECUTE'),
    ('bacpipes_ingest',   'readings_follow(text,bigint)', 'EXECUTE'),
    ('bacpipes_ingest',   'point_successor',        'SELECT'),
    ('bacpipes_maintain', 'point_successor',        'SELECT'),
    ('bacpipes_reader',   'point_successor',        'SELECT'),
    ('bacpipes_ingest',   'site',                   'INSERT SELECT'),
    ('bacpipes_ingest',   'point',                  'SELECT'),
    ('bacpipes_ingest',   'setting',                'SELECT'),
    ('bacpipes_ingest',   'mqtt_config',            'SELECT'),
    ('bacpipes_ingest',   'mqtt_account',           'SELECT'),
    ('bacpipes_ingest',   'ingest_position',        'INSERT SELECT UPDATE'),
    ('bacpipes_ingest',   'ingest_quarantine',      'INSERT'),
    ('bacpipes_ingest',   'sensor_readings',        'INSERT SELECT'),
    ('bacpipes_ingest',   'rollup_dirty',           'INSERT'),
    ('bacpipes_ingest',   'readings_ensure_days(timestamp with time zone,timestamp with time zone)', 'EXECUTE'),
    ('bacpipes_maintain', 'is_huge(double precision)', 'EXECUTE'),
    ('bacpipes_maintain', 'whole_sum(double precision,double precision)', 'EXECUTE'),
    ('bacpipes_reader',   'mean_of(double precision,bigint)', 'EXECUTE'),
    ('bacpipes_reader',   'state_text(text,text[],double precision)', 'EXECUTE'),
    ('bacpipes_maintain', 'point',                  'SELECT'),
    ('bacpipes_ingest',   'quarantine_trim(text,bigint)', 'EXECUTE'),
    ('bacpipes_owner',    'quarantine_store(text,jsonb,bigint[])', 'EXECUTE'),
    ('bacpipes_maintain', 'batch_readings(jsonb)',  'EXECUTE'),
    ('bacpipes_owner',    'schema_migration',       'SELECT'),
    ('bacpipes_owner',    'setting_kind',           'SELECT'),
    ('bacpipes_owner',    'readings_newest(text,timestamp with time zone)', 'EXECUTE'),
    ('bacpipes_owner',    'sensor_readings',        'SELECT'),
    ('bacpipes_owner',    'sensor_readings_5min',   'SELECT'),
    ('bacpipes_owner',    'sensor_readings_hourly', 'SELECT'),
    ('bacpipes_owner',    'rollup_dirty',           'SELECT'),
    ('bacpipes_owner',    'readings_leaving',       'SELECT'),
    ('bacpipes_owner',    'retention_clock',        'SELECT'),
    ('bacpipes_owner',    'past',                   'SELECT'),
    ('bacpipes_reader',   'past',                   'SELECT'),
    ('bacpipes_reader',   'past_progress',          'SELECT'),
    ('bacpipes_owner',    'past_stage',             'INSERT'),
    ('bacpipes_owner',    'past_begin(text,timestamp with time zone,jsonb,integer,boolean)', 'EXECUTE'),
    ('bacpipes_owner',    'past_lay(text,text,timestamp with time zone,timestamp with time zone,jsonb)', 'EXECUTE'),
    ('bacpipes_owner',    'readings_engine()',      'EXECUTE'),
    ('bacpipes_reader',   'readings_engine()',      'EXECUTE'),
    ('bacpipes_owner',    'readings_about()',       'EXECUTE'),
    ('bacpipes_owner',    'readings_kept()',        'EXECUTE'),
    ('bacpipes_owner',    'readings_days()',        'EXECUTE'),
    ('bacpipes_maintain', 'readings_ahead()',       'EXECUTE'),
    ('bacpipes_reader',   'readings_ahead()',       'EXECUTE'),
    ('bacpipes_reader',   'site',                   'SELECT'),
    ('bacpipes_reader',   'device',                 'SELECT'),
    ('bacpipes_reader',   'point_rule',             'SELECT'),
    ('bacpipes_reader',   'point',                  'SELECT'),
    ('bacpipes_reader',   'device_status',          'SELECT'),
    ('bacpipes_reader',   'ingest_position',        'SELECT'),
    ('bacpipes_reader',   'ingest_quarantine',      'SELECT'),
    ('bacpipes_reader',   'ingest_quarantine_total', 'SELECT'),
    ('bacpipes_reader',   'sensor_readings',        'SELECT'),
    ('bacpipes_reader',   'sensor_readings_5min',   'SELECT'),
    ('bacpipes_reader',   'sensor_readings_hourly', 'SELECT'),
    ('bacpipes_reader',   'point_latest',           'SELECT'),
    ('bacpipes_reader',   'current_value',          'SELECT'),
    ('bacpipes_reader',   'current_values',         'SELECT'),
    ('bacpipes_web',      'current_values_keep(text,jsonb)', 'EXECUTE'),
    ('bacpipes_owner',    'current_values_keep(text,jsonb)', 'EXECUTE'),
    ('bacpipes_reader',   'points',                 'SELECT'),
    ('bacpipes_reader',   'readings',               'SELECT'),
    ('bacpipes_reader',   'readings_5min',          'SELECT'),
    ('bacpipes_reader',   'readings_hourly',        'SELECT'),
    ('bacpipes_journal',  'site',                   'INSERT SELECT UPDATE'),
    ('bacpipes_journal',  'device',                 'SELECT'),
    ('bacpipes_journal',  'point',                  'SELECT'),
    ('bacpipes_journal',  'device_status',          'SELECT'),
    ('bacpipes_journal',  'setting',                'SELECT'),
    ('bacpipes_journal',  'retention_clock',        'SELECT'),
    ('bacpipes_maintain', 'journal_maintain(timestamp with time zone,boolean)', 'EXECUTE'),
    ('bacpipes_reader',   'alarm',                  'SELECT'),
    ('bacpipes_owner',    'device_label(device)', 'EXECUTE'),
    ('bacpipes_owner',    'point_label(public.point,device)', 'EXECUTE'),
    ('bacpipes_owner',    'journal_digest(bytea,text,bigint,bigint,text,timestamp with time zone,bytea)', 'EXECUTE'),
    ('bacpipes_collect',  'journal_open(text,bigint,bigint,bytea,integer,integer)', 'EXECUTE'),
    ('bacpipes_collect',  'journal_checkpoint(text,bigint,bigint,bytea,bytea,bytea)', 'EXECUTE'),
    ('bacpipes_collect',  'journal_key_handed(text,bigint,bigint,bytea,bytea,bytea,bytea,bytea)', 'EXECUTE'),
    ('bacpipes_central',  'site_keys_untold()', 'EXECUTE'),
    ('bacpipes_central',  'site_key_tell(text,integer,boolean)', 'EXECUTE'),
    ('bacpipes_collect',  'journal_unsigned(text,bigint,bigint)', 'EXECUTE'),
    ('bacpipes_collect',  'journal_records(text,bigint,bigint,integer)', 'EXECUTE'),
    ('bacpipes_collect',  'journal_last_checkpoint(text,bigint)', 'EXECUTE');
insert into expected select role, thing, 'EXECUTE'
  from unnest('{bacpipes_collect, bacpipes_owner}'::text[]) as role, unnest('{journal_position(text)}'::text[]) as thing;
insert into expected select role, thing, 'EXECUTE'
  from unnest('{bacpipes_collect, bacpipes_ingest, bacpipes_sync, bacpipes_owner}'::text[]) as role, unnest('{"alarm_raise(text,text,text,text)", "alarm_return(text,text)"}'::text[]) as thing;
insert into expected select 'bacpipes_owner', thing, 'SELECT'
  from unnest('{journal_head, uplink, uplink_frames, uplink_record, uplink_frames_default, uplink_record_default, alarm, audit}'::text[]) as thing;
-- Commands.
insert into expected values
    ('bacpipes_journal',  'setting_kind',           'SELECT'),
    ('bacpipes_journal',  'state_text(text,text[],double precision)', 'EXECUTE'),
    ('bacpipes_collect',  'write_commands',         'SELECT'),
    ('bacpipes_reader',   'write_commands',         'SELECT'),
    ('bacpipes_owner',    'write_commands',         'INSERT SELECT'), -- columns of who asks
    ('bacpipes_source',   'write_commands',         'INSERT SELECT'),
    ('bacpipes_collect',  'command_source',         'SELECT'),
    ('bacpipes_owner',    'command_source',         'SELECT'),
    ('bacpipes_owner',    'command_flood',          'SELECT'),
    ('bacpipes_owner',    'hold_end',               'SELECT');
insert into expected select role, thing, 'SELECT' from unnest('{bacpipes_owner, bacpipes_reader}'::text[]) as role, unnest('{hold, override, overrides, writable_type, unit_range}'::text[]) as thing;
insert into expected select role, 'as_real(double precision)', 'EXECUTE' from unnest('{bacpipes_owner, bacpipes_reader}'::text[]) as role;
insert into expected select role, 'command_sees_only()', 'EXECUTE' from unnest('{bacpipes_collect, bacpipes_owner, bacpipes_reader, bacpipes_source}'::text[]) as role;
insert into expected select role, thing, 'EXECUTE'
  from unnest('{bacpipes_collect, bacpipes_owner}'::text[]) as role,
       unnest('{"command_check(text,integer,text,double precision,text,integer,interval,timestamp with time zone,timestamp with time zone,text,boolean)", "command_ask(jsonb,text,text,text)", "point_named(text,text,text,text)"}'::text[]) as thing;
insert into expected select 'bacpipes_collect', thing, 'EXECUTE'
  from unnest('{"commands_due(text,integer)", "commands_claim(text,jsonb)", "commands_end(text,jsonb)", holds_of(text), "hold_event(text,jsonb)", "override_store(text,jsonb)", sources_end_idle()}'::text[]) as thing;
insert into expected select 'bacpipes_owner', thing, 'EXECUTE'
  from unnest('{"command_cancel(uuid,text)", "source_set(text,boolean,integer,interval,boolean,integer,boolean,text)", "source_add(text,text,boolean,integer,interval,integer,text,text)", source_remove(text),
                "control_setting(text,text)", "control_allows(text,text)", sources_end_idle()}'::text[]) as thing;
insert into expected select 'bacpipes_logins', thing, 'EXECUTE'
  from unnest('{"source_store(text,text,text,boolean,integer,interval,integer,text)", source_forget(text), "source_add(text,text,boolean,integer,interval,integer,text,text)", source_remove(text), sources_end_idle()}'::text[]) as thing;
-- Jobs, and what the web does with commands.
insert into expected values
    ('bacpipes_owner',    'commands',               'SELECT'),
    ('bacpipes_owner',    'standing',               'SELECT'),
    ('bacpipes_owner',    'journal_person()',       'EXECUTE'),
    ('bacpipes_owner',    'journal_who()',          'EXECUTE'),
    ('bacpipes_web',      'device_label(device)',   'EXECUTE'),
    ('bacpipes_web',      'point_label(public.point,device)', 'EXECUTE'),
    ('bacpipes_owner',    'command_instant(timestamp with time zone)', 'EXECUTE');
insert into expected select role, thing, 'EXECUTE'
  from unnest('{bacpipes_collect, bacpipes_web}'::text[]) as role,
       unnest('{"jobs_take(text,text,integer)", "jobs_begin(text,text)", "job_tell(uuid,double precision,jsonb)", "job_end(uuid,text,jsonb,text)"}'::text[]) as thing;
insert into expected select 'bacpipes_web', thing, 'EXECUTE'
  from unnest('{"web_command_ask(jsonb)", "web_command_check(jsonb)", "web_command_cancel(text,uuid,text)", "setting_change(text,text,text,text)",
                "job_ask(text,text,jsonb)", "job_cancel(text,uuid)",
                "points_change(text,jsonb,boolean,bigint)", "points_undo(text,bigint)", "view_store(text,bigint,bigint,text,text,text,boolean)", "view_remove(text,bigint)"}'::text[]) as thing
 where to_regrole('bacpipes_web') is not null;
-- The web, and who owns whom it lets in.
insert into expected select 'bacpipes_web', thing, 'SELECT'
  from unnest('{site, device, point, point_rule, device_status, setting, setting_kind, mqtt_config, mqtt_account, ingest_position, sensor_readings, sensor_readings_5min, sensor_readings_hourly, past, past_progress, point_latest, points, current_value, current_values, readings, readings_5min, readings_hourly, journal_head, uplink_record, alarm, audit, write_commands, command_source, hold, hold_end, override, overrides, writable_type, unit_range, commands, standing, job_kind, job, saved_view}'::text[]) as thing;
insert into expected select 'bacpipes_access', thing, 'SELECT' from unnest('{site, organisation}'::text[]) as thing;
insert into expected values ('bacpipes_journal', 'organisation', 'SELECT'), ('bacpipes_access', 'journal_note(integer,jsonb)', 'EXECUTE');
insert into expected select 'bacpipes_web', thing, 'EXECUTE'
  from unnest('{"mean_of(double precision,bigint)", "state_text(text,text[],double precision)", readings_engine(), readings_ahead(), as_real(double precision), command_sees_only()}'::text[]) as thing;
insert into expected select 'bacpipes_journal', thing, 'EXECUTE'
  from unnest(array['web_acting()', 'web_user()', 'web_may(text,text)', 'web_must(text,text)']) as thing;
insert into expected select 'bacpipes_owner', thing, 'EXECUTE'
  from unnest(array['web_user()', 'web_may(text,text)', 'web_must(text,text)', 'access_users()', 'access_user(integer)', 'access_user_named(text)', 'access_link_add(integer,bytea)',
                    'access_password_set(integer,text)', 'access_user_add(text,text,jsonb)', 'access_user_set(integer,jsonb,text)', 'access_user_remove(integer)', 'access_grant(integer,text,text,text)', 'site_groups(text)', 'site_groups_set(text,jsonb)',
                    'access_sessions(integer)', 'access_sessions_end(integer)', 'access_tokens(integer)', 'access_token_add(integer,text,bytea,text,text,text[],timestamp with time zone)',
                    'access_token_remove(integer)', 'access_first_link(bytea)', 'access_totp_end_of(integer)']) as thing;
insert into expected select 'bacpipes_web', thing, 'EXECUTE'
  from unnest(array['web_user()', 'web_may(text,text)', 'web_must(text,text)', 'web_act(bytea,text)', 'access_identify(bytea,boolean)', 'access_login_begin(text,text,bytea)',
                    'access_login_end(integer,bigint,bytea,bytea,bytea,bytea,bytea,text,text)', 'access_link_look(bytea)', 'access_link_try(bytea,text)', 'access_code_try(integer)', 'access_link_use(bytea,text,bigint,bytea,bytea,bytea,bytea,text,text)',
                    'access_session_end(bigint)', 'access_me()', 'access_me_set(jsonb)', 'access_totp_begin(bytea)', 'access_totp_look()', 'access_totp_confirm(bigint,bytea[])',
                    'access_totp_end(bigint,bytea)', 'access_users()', 'access_user(integer)', 'access_user_named(text)', 'access_link_add(integer,bytea)',
                    'access_password_set(integer,text)', 'access_user_add(text,text,jsonb)', 'access_user_set(integer,jsonb,text)', 'access_user_remove(integer)', 'access_grant(integer,text,text,text)', 'site_groups(text)', 'site_groups_set(text,jsonb)',
                    'access_sessions(integer)', 'access_sessions_end(integer)', 'access_tokens(integer)', 'access_token_add(integer,text,bytea,text,text,text[],timestamp with time zone)',
                    'access_token_remove(integer)']) as thing;
-- The link.
insert into expected select 'bacpipes_sync', thing, 'SELECT' from unnest('{site, setting, setting_kind, mqtt_config, mqtt_account, central_link, journal_head, uplink, uplink_frames, uplink_record}'::text[]) as thing;
insert into expected select 'bacpipes_central', thing, 'SELECT'
  from unnest('{site, setting, setting_kind, device, point, point_successor, alarm, write_commands, uplink, uplink_frames, uplink_record, uplink_cursor, downlink, downlink_head}'::text[]) as thing;
insert into expected values
    ('bacpipes_central',  'remote_site',            'SELECT UPDATE'), -- whether it waits
    ('bacpipes_central',  'uplink_applied',         'SELECT UPDATE'),
    ('bacpipes_central',  'uplink_quarantine',      'DELETE INSERT SELECT'),
    ('bacpipes_central',  'downlink_begin(text,boolean)', 'EXECUTE'),
    ('bacpipes_central',  'downlink_begin_again(text)', 'EXECUTE'),
    ('bacpipes_central',  'downlink_tidy()',        'EXECUTE'),
    ('bacpipes_central',  'sync_guard(integer[],interval,integer[],interval)', 'EXECUTE'),
    ('bacpipes_central',  'site_sessions(bigint)',  'EXECUTE'),
    ('bacpipes_central',  'central_room()',         'EXECUTE'),
    ('bacpipes_central',  'sites_listen()',         'EXECUTE'),
    ('bacpipes_owner',    'sites_listen()',         'EXECUTE'),
    ('bacpipes_journal',  'central_room()',         'EXECUTE'),
    ('bacpipes_logins',   'sync_guard(integer[],interval,integer[],interval)', 'EXECUTE'),
    ('bacpipes_logins',   'site_sessions(bigint)',  'EXECUTE'),
    ('bacpipes_logins',   'central_room()',         'EXECUTE'),
    ('bacpipes_logins',   'site_struck(integer,boolean,text)', 'EXECUTE'),
    ('bacpipes_logins',   'sites_shut()',           'EXECUTE'),
    ('bacpipes_logins',   'site_opened(integer)',   'EXECUTE'),
    ('bacpipes_logins',   'site_session_end(text)', 'EXECUTE'),
    ('bacpipes_logins',   'site_login_settle(text)', 'EXECUTE'),
    ('bacpipes_logins',   'site_make_way(integer)', 'EXECUTE'),
    ('bacpipes_journal',  'site_make_way(integer)', 'EXECUTE'),
    ('bacpipes_logins',   'journal_make_way(interval)', 'EXECUTE'),
    ('bacpipes_journal',  'journal_make_way(interval)', 'EXECUTE'),
    ('bacpipes_reader',   'site_strike',            'SELECT'),
    ('bacpipes_owner',    'site_strike',            'SELECT'),
    ('bacpipes_ingest',   'central_link',           'SELECT');
insert into expected values ('bacpipes_owner', 'link_applies(text)', 'EXECUTE'); -- of triggers
insert into expected select 'bacpipes_owner', thing, 'SELECT' from unnest('{site_invitation, site_request, central_authority, site_revocation}'::text[]) as thing;
insert into expected select role, thing, 'EXECUTE' from unnest('{bacpipes_owner, bacpipes_web}'::text[]) as role,
       unnest(array['site_invite(text,text,text,boolean)', 'site_invited(bigint)', 'site_invited_until(text)', 'site_rename(text,text)', 'site_revoke(text,text)', 'site_retire(text)', 'site_is_listed(text)']) as thing;
insert into expected select 'bacpipes_central', thing, 'EXECUTE'
  from unnest(array['site_requests()', 'site_signed(bigint,text,text,timestamp with time zone)', 'site_refused(bigint,text)', 'site_revocations()', 'site_revocation_listed(integer)', 'site_authorities_tell(text,text,integer,integer)', 'sites_mend(text[],jsonb)']) as thing;
insert into expected values ('bacpipes_owner', 'central_link_store(text,integer,text,integer,text,boolean,text)', 'EXECUTE'), ('bacpipes_join', 'sync."join"(text)', 'EXECUTE'), ('bacpipes_sites', 'sync.renew(text)', 'EXECUTE'), ('bacpipes_sites', 'sync.authorities()', 'EXECUTE');
insert into expected select role, thing, 'SELECT' from unnest('{bacpipes_owner, bacpipes_web}'::text[]) as role,
       unnest('{central_link, remote_site, uplink_cursor, uplink_pruned, uplink_applied, uplink_quarantine, site_key, downlink, downlink_head}'::text[]) as thing;
insert into expected select 'bacpipes_reader', thing, 'SELECT' from unnest('{remote_site, uplink_cursor, uplink_pruned, uplink_applied, site_key}'::text[]) as thing;
insert into expected select 'bacpipes_sites', thing, 'EXECUTE'
  from unnest(array['sync.hello(integer,jsonb)', 'sync.begin_epoch(bigint,bigint,bigint,bytea)', 'sync.append(bigint,bigint,text[],timestamp with time zone[],bytea[],bytea[],jsonb)', 'sync."fetch"(bigint,bigint)']) as thing;
insert into expected values ('bacpipes_sites', 'sync.digests(bigint,bigint[])', 'EXECUTE');
insert into expected select 'bacpipes_sync', thing, 'EXECUTE'
  from unnest(array['link_state(text)', 'link_head(text)', 'link_backlog(text)', 'link_entries(text,bigint,bigint,bigint,integer)', 'link_digests(text,bigint,bigint[])', 'link_begins(text,bigint)', 'link_compare(text,jsonb)', 'link_close(text,bigint)',
                    'link_acknowledge(text,bigint,bigint)', 'link_floors(text,bigint,bigint)', 'link_prepare(text)', 'journal_refile(text,bigint,bigint,bigint,bigint,text)',
                    'link_carry(text,bigint,bigint,text,timestamp with time zone,bytea,bytea,interval)', 'link_count(text,bigint,bigint)', 'link_report(text,text,text,double precision)', 'link_month(text)']) as thing;
insert into expected select role, thing, 'SELECT' from unnest('{bacpipes_owner}'::text[]) as role, unnest('{link_epoch, link_octets, link_report}'::text[]) as thing;
create temporary view frames_function as
    select unnest(array['frames_held(text,timestamp with time zone,timestamp with time zone)', 'frames_due(text,integer)', 'frames_note(text,integer[],timestamp with time zone[])', 'frames_begin(text)',
                        'frames_append(text,bigint,integer[],bytea)', 'frames_follow(text,bigint)', 'frames_append_due(text,bigint,bigint,bigint[],integer[],bytea)',
                        'frames_lay(text,bigint,bigint,timestamp with time zone,timestamp with time zone,bigint,integer[],bytea)']) as thing;
insert into expected select 'bacpipes_ingest', thing, 'EXECUTE' from frames_function;
insert into expected values ('bacpipes_maintain', 'frames_note(text,integer[],timestamp with time zone[])', 'EXECUTE'), ('bacpipes_owner', 'frame_due', 'SELECT'),
                            ('bacpipes_journal', 'sensor_readings', 'SELECT'), ('bacpipes_journal', 'point_successor', 'SELECT');
insert into expected select 'bacpipes_owner', thing, 'EXECUTE' from unnest('{link_backlog(text), link_month(text)}'::text[]) as thing;
-- What central makes of it.
insert into expected values
    ('bacpipes_central',  'sensor_readings',        'INSERT SELECT'),
    ('bacpipes_central',  'rollup_dirty',           'INSERT'),
    ('bacpipes_central',  'current_value',          'INSERT SELECT UPDATE'),
    ('bacpipes_central',  'site_hour',              'INSERT SELECT UPDATE'),
    ('bacpipes_journal',  'uplink_edit(text,jsonb,boolean,boolean)', 'EXECUTE'),
    ('bacpipes_journal',  'record_short(jsonb,integer)', 'EXECUTE'),
    ('bacpipes_web',      'record_short(jsonb,integer)', 'EXECUTE'),
    ('bacpipes_journal',  'record_shown(bytea)', 'EXECUTE'),
    ('bacpipes_web',      'record_shown(bytea)', 'EXECUTE'),
    ('bacpipes_web',      'uplink_text_cut(text,integer,boolean)', 'EXECUTE'), -- of record_shown
    ('bacpipes_journal',  'uplink_status(text,jsonb)', 'EXECUTE'),
    ('bacpipes_journal',  'uplink_key(text)', 'EXECUTE'),
    ('bacpipes_owner',    'central_retry(text,text)',    'EXECUTE');
insert into expected select 'bacpipes_central', thing, 'EXECUTE'
  from unnest(array['uplink_apply(jsonb)', 'uplink_retry(text,bigint,bigint)', 'uplink_retry_begin(text,integer)', 'uplink_retry_failed(text,bigint,bigint,text)', 'uplink_concluded(text,bigint,bigint,text)', 'central_keep(bigint,bigint,bigint,jsonb)', 'central_retry(text,text)', 'current_values_fill(text)', 'central_notify(jsonb)', 'alarm_raise(text,text,text,text)', 'alarm_return(text,text)',
                    'readings_ensure_days(timestamp with time zone,timestamp with time zone)']) as thing;
insert into expected select role, thing, 'SELECT' from unnest('{bacpipes_owner, bacpipes_reader, bacpipes_web}'::text[]) as role, unnest('{point_interval, site_rate, site_hour, central_status}'::text[]) as thing;
insert into expected select role, thing, 'SELECT' from unnest('{bacpipes_reader, bacpipes_web}'::text[]) as role, unnest('{site_lag, availability_hours, availability_points, sites}'::text[]) as thing;
insert into expected values ('bacpipes_owner', 'central_size', 'SELECT'), ('bacpipes_owner', 'uplink_aside', 'SELECT'), ('bacpipes_owner', 'uplink_tried', 'SELECT'), ('bacpipes_owner', 'uplink_saved', 'SELECT'), ('bacpipes_owner', 'uplink_tidied', 'SELECT'), ('bacpipes_maintain', 'uplink_applied', 'SELECT');
insert into expected values ('bacpipes_owner', 'uplink_named', 'DELETE INSERT REFERENCES SELECT TRIGGER TRUNCATE UPDATE');
-- An owner may do all with what it owns.
create temporary table owned (role text, thing text);
insert into owned
select 'bacpipes_journal', thing
  from unnest(array['uplink_named', 'uplink_saved', 'uplink_pruned', 'uplink_tidied', 'uplink_is_needed(text,bigint,bigint)', 'uplink_frames_drop(text,timestamp with time zone,timestamp with time zone)', 'central_tidy(timestamp with time zone)', 'uplink_frames_tidy(timestamp with time zone)', 'point_interval', 'site_rate', 'site_hour', 'central_status', 'central_size', 'uplink_concluded(text,bigint,bigint,text)', 'central_keep(bigint,bigint,bigint,jsonb)', 'successor_noted()', 'uplink_alarm(text,jsonb,boolean)', 'uplink_alarms_going(text,integer)', 'uplink_later(text,integer,bigint,text,text[])', 'uplink_since(text,jsonb,text)', 'uplink_alarm_over(jsonb,text,timestamp with time zone)', 'uplink_late(text,integer,bigint,text,jsonb)', 'uplink_state_lost(text,text,boolean)', 'uplink_letters(text,text)', 'uplink_text_cut(text,integer,boolean)', 'uplink_field_cut(text,text,jsonb)', 'uplink_cut(text,jsonb)', 'uplink_cut_note(text,bigint,bigint)', 'poll_intervals_note(text,timestamp with time zone)',
                    'uplink_aside', 'uplink_tried', 'uplink_aside_count()', 'uplink_instants_check(jsonb)',
                    'uplink_record_apply(text,text,bytea,timestamp with time zone,boolean,integer,bigint)', 'uplink_put_aside(text,bigint,bigint,text,text,boolean)', 'uplink_is_told(text)', 'uplink_gate(text[])', 'uplink_apply(jsonb)', 'uplink_retry(text,bigint,bigint)', 'uplink_retry_begin(text,integer)', 'uplink_retry_failed(text,bigint,bigint,text)', 'central_retry(text,text)']) as thing
 union all
select 'bacpipes_owner', thing
  from unnest(array['site_lag', 'availability_hours', 'availability_points', 'sites', 'waiting', 'change_set(jsonb)', 'change_words(change)', 'waiting_take_back(text,text,uuid,text)', 'uplink_key(text)', 'uplink_columns(text,jsonb)', 'uplink_put(text,text,jsonb)', 'uplink_stranger(text,text,jsonb)', 'uplink_forget(text,text,jsonb)', 'uplink_state(text,jsonb,boolean)',
                    'uplink_edit(text,jsonb,boolean,boolean)', 'uplink_status(text,jsonb)', 'current_values_fill(text)', 'central_notify(jsonb)']) as thing
 union all
select 'bacpipes_access', thing
  from unnest(array['web_acting()', 'web_user()', 'web_may(text,text)', 'web_must(text,text)', 'web_act(bytea,text)', 'access_identify(bytea,boolean)', 'access_login_begin(text,text,bytea)',
                    'access_login_end(integer,bigint,bytea,bytea,bytea,bytea,bytea,text,text)', 'access_link_look(bytea)', 'access_link_try(bytea,text)', 'access_code_try(integer)', 'access_link_use(bytea,text,bigint,bytea,bytea,bytea,bytea,text,text)',
                    'access_session_end(bigint)', 'access_me()', 'access_me_set(jsonb)', 'access_totp_begin(bytea)', 'access_totp_look()', 'access_totp_confirm(bigint,bytea[])',
                    'access_totp_end(bigint,bytea)', 'access_users()', 'access_user(integer)', 'access_user_named(text)', 'access_link_add(integer,bytea)',
                    'access_password_set(integer,text)', 'access_user_add(text,text,jsonb)', 'access_user_set(integer,jsonb,text)', 'access_user_remove(integer)', 'access_grant(integer,text,text,text)', 'site_groups(text)', 'site_groups_set(text,jsonb)',
                    'access_sessions(integer)', 'access_sessions_end(integer)', 'access_tokens(integer)', 'access_token_add(integer,text,bytea,text,text,text[],timestamp with time zone)',
                    'access_token_remove(integer)', 'access_group_changed()', 'access_first_link(bytea)', 'access_totp_end_of(integer)', 'access_rank(text)', 'access_roles(integer,text,text[])',
                    'web_begin(integer,bigint,text,text,text,jsonb)', 'access_found(bytea)', 'access_notify(integer)', 'access_note(integer,text,jsonb)', 'access_organisation()', 'access_known(integer)',
                    'access_identity(bytea)', 'access_try(text,integer,integer)', 'access_keys(text,text,bytea)', 'access_succeeded(integer,text,bytea)',
                    'access_session_make(integer,bytea,bytea,bytea,text,text,text)', 'access_code_take(integer,bigint,bytea)', 'access_self()', 'access_grants(integer)', 'access_user_json(access.users)',
                    'access_network(text)', 'access_manage()', 'access_has_admin()', 'access_keep_admin(boolean)', 'access_grants_put(integer,jsonb)', 'access_grants_set(integer,jsonb)', 'access_instant(timestamp with time zone)']) as thing
 union all
select 'bacpipes_access', thing
  from unnest('{access.users, access.users_user_id_seq, access.recovery_code, access.site_group, access.site_group_group_id_seq, access.site_group_site, access.user_grant, access.user_grant_grant_id_seq, access.session, access.session_session_id_seq, access.token, access.token_token_id_seq, access.link, access.browser, access.throttle, access.role_right, access.acting}'::text[]) as thing
 union all
select 'bacpipes_maintain', thing
  from unnest('{sensor_readings, sensor_readings_5min, sensor_readings_hourly, rollup_dirty, readings_leaving, retention_clock, past, past_stage}'::text[]) as thing
 union all
select 'bacpipes_owner', thing
  from unnest('{organisation, organisation_organisation_id_seq, site, device, point, point_rule, point_successor, point_successor_number_seq, device_status, setting, mqtt_config, mqtt_account, ingest_position, ingest_quarantine, ingest_quarantine_total,
                ingest_quarantine_id_seq, point_latest, points, current_value, current_values, readings, readings_5min, readings_hourly, past_progress}'::text[]) as thing
 union all
select 'bacpipes_maintain', thing
  from unnest(array['bucket_5min(timestamp with time zone)', 'bucket_hour(timestamp with time zone)', 'quarantine_store(text,jsonb,bigint[])',
                    'readings_engine()', 'readings_about()', 'readings_kept()', 'readings_forget_begun()', 'readings_forget(text,timestamp with time zone,timestamp with time zone)',
                    'readings_ensure_days(timestamp with time zone,timestamp with time zone)', 'readings_newest(text,timestamp with time zone)', 'readings_give(text,integer,integer)',
                    'readings_hold()', 'readings_follow(text,bigint)', 'past_begin(text,timestamp with time zone,jsonb,integer,boolean)', 'past_lay(text,text,timestamp with time zone,timestamp with time zone,jsonb)',
                    'readings_days()',
                    'readings_retention_step(timestamp with time zone,interval)', 'retention_look(timestamp with time zone,interval)', 'keep_fuller_rollup()', 'rollup_5min(text,timestamp with time zone,integer)',
                    'rollup_hourly(text,timestamp with time zone,integer)', 'rollup_span(text,text,timestamp with time zone)', 'rollup_pending(timestamp with time zone,integer)',
                    'rollups_retain(timestamp with time zone,interval,interval)', 'utc_day(timestamp with time zone)']) as thing
 union all
select 'bacpipes_maintain', thing
  from unnest(array['a day of sensor_readings', 'readings_day(text)', 'readings_day_table(timestamp with time zone)', 'readings_has_default()',
                    'readings_missing_days(timestamp with time zone,timestamp with time zone)']) as thing
 where readings_engine() = 'native'
 union all
select 'bacpipes_owner', thing
  from unnest(array['batch_readings(jsonb)', 'readings_ahead()', 'quarantine_count()', 'quarantine_trim(text,bigint)',
                    'quarantine_put_back(bigint,timestamp with time zone,interval,interval,boolean)', 'is_huge(double precision)', 'mean_of(double precision,bigint)', 'next_device_id(text)', 'next_point_id(text)', 'note_number()',
                    'text_distance(text,text)', 'setting_amount(text,jsonb,boolean)', 'setting_problem(text,text)', 'check_setting()', 'notify_config()', 'note_choice()', 'name_is_like(text,text)', 'device_ip(text)', 'device_network(text)', 'point_choice(text,text,integer,text,text)', 'raise_numbers(text)', 'device_store(text,jsonb,jsonb,integer,integer)',
                    'device_is_like(device,jsonb,jsonb,boolean)', 'device_pairs(text,integer,integer)', 'device_replace(text,integer,integer)', 'state_text(text,text[],double precision)',
                    'whole_sum(double precision,double precision)', 'job', 'job_number_seq', 'job_kind', 'setting_change(text,text,text,text)', 'job_noted()', 'jobs_tidy()', 'job_search(text,jsonb)', 'job_ask(text,text,jsonb)',
                    'point_change', 'point_change_change_id_seq', 'saved_view', 'saved_view_view_id_seq', 'point_version()', 'point_set_problem(text,jsonb)',
                    'points_change(text,jsonb,boolean,bigint)', 'points_undo(text,bigint)', 'views_noted()', 'view_store(text,bigint,bigint,text,text,text,boolean)', 'view_remove(text,bigint)',
                    'jobs_take(text,text,integer)', 'jobs_begin(text,text)', 'job_tell(uuid,double precision,jsonb)', 'job_end(uuid,text,jsonb,text)', 'job_cancel(text,uuid)']) as thing
 union all
select 'bacpipes_journal', thing
  from unnest(array['commands', 'standing', 'web_limit(text,text,integer,interval)', 'web_command_priority(jsonb)', 'web_command_ask(jsonb)', 'web_command_check(jsonb)',
                    'web_command_cancel(text,uuid,text)']) as thing
 union all
select 'bacpipes_journal', thing
  from unnest(array['journal_turn', 'journal_head', 'uplink', 'uplink_frames', 'uplink_record', 'uplink_frames_default', 'uplink_record_default', 'journal_pending', 'journal_pending_number_seq', 'journal_due',
                    'alarm', 'alarm_alarm_id_seq', 'audit', 'journal_due_now()', 'journal_append(text,text,bytea)', 'journal_append(text,text,jsonb)', 'journal_new_epoch()',
                    'journal_digest(bytea,text,bigint,bigint,text,timestamp with time zone,bytea)', 'journal_number()', 'journal_begin()', 'note_change()', 'refuse_truncate()', 'journal_person()', 'journal_who()',
                    'alarm_raise(text,text,text,text)', 'alarm_return(text,text)', 'commands_restored(text)', 'journal_position(text)', 'journal_note(integer,jsonb)',
                    'journal_open(text,bigint,bigint,bytea,integer,integer)', 'journal_checkpoint(text,bigint,bigint,bytea,bytea,bytea)', 'journal_key_handed(text,bigint,bigint,bytea,bytea,bytea,bytea,bytea)',
                    'journal_unsigned(text,bigint,bigint)', 'journal_records(text,bigint,bigint,integer)', 'journal_last_checkpoint(text,bigint)',
                    'journal_partition(text,timestamp with time zone)', 'journal_partitions(text)', 'journal_take_turns()', 'journal_hold(text)', 'journal_ensure(text,timestamp with time zone)',
                    'journal_day_is_over(timestamp with time zone,timestamp with time zone)', 'record_dated(timestamp with time zone,timestamp with time zone)', 'record_unapplied(text,bigint)', 'journal_pruned(text,bigint,bigint,bytea)', 'journal_month_ends(timestamp with time zone,timestamp with time zone,timestamp with time zone)', 'uplink_records_drop(text,timestamp with time zone,timestamp with time zone,timestamp with time zone)', 'uplink_records_tidy(timestamp with time zone,timestamp with time zone)', 'journal_drop(text)', 'journal_give_up()',
                    'journal_keep(timestamp with time zone,boolean)', 'journal_maintain(timestamp with time zone,boolean)']) as thing
 union all
select 'bacpipes_journal', thing
  from unnest(array['write_commands', 'write_commands_number_seq', 'command_source', 'command_unnoted', 'command_flood', 'hold', 'hold_end', 'override', 'overrides', 'writable_type', 'unit_range', 'command_span(interval)',
                    'device_label(device)', 'point_label(public.point,device)', 'command_states(public.point,text)', 'control_setting(text,text)', 'control_allows(text,text)',
                    'command_state(public.point,text,text,text)', 'command_value(public.point,writable_type,text,double precision)', 'command_judge(write_commands,boolean)', 'command_session_source()',
                    'command_asked()', 'command_gate()', 'command_moves()', 'command_stays()', 'command_noted()', 'hold_follow()', 'override_forget()', 'source_noted()', 'command_sees_only()',
                    'command_source_named(text)', 'command_check(text,integer,text,double precision,text,integer,interval,timestamp with time zone,timestamp with time zone,text,boolean)',
                    'command_text(jsonb,text)', 'command_truth(jsonb,text)', 'command_patience()', 'as_real(double precision)', 'command_figure(double precision,text)', 'command_instant(timestamp with time zone)', 'command_value_before(text,integer)',
                    'command_time(jsonb,text)', 'command_number(jsonb,text)', 'command_interval(jsonb,text)', 'command_ask(jsonb,text,text,text)', 'command_cancel(uuid,text)', 'point_named(text,text,text,text)',
                    'hold_take(write_commands)', 'holds_of(text)', 'hold_event(text,jsonb)', 'commands_flooded()', 'commands_note()', 'commands_due(text,integer)', 'commands_claim(text,jsonb)', 'commands_end(text,jsonb)',
                    'commands_retain(text,integer)', 'override_store(text,jsonb)', 'source_store(text,text,text,boolean,integer,interval,integer,text)', 'source_forget(text)',
                    'source_set(text,boolean,integer,interval,boolean,integer,boolean,text)']) as thing
 union all
select 'bacpipes_journal', thing
  from unnest(array['central_link', 'remote_site', 'uplink_cursor', 'uplink_applied', 'uplink_quarantine', 'site_key', 'site_key_seen()', 'site_keys_untold()', 'site_key_tell(text,integer,boolean)', 'downlink', 'downlink_number_seq', 'downlink_head', 'link_noted()', 'serial_hex(numeric)', 'link_serial()', 'link_caller()', 'link_limits()',
                    'link_wait(remote_site)', 'link_applies(text)', 'site_is_remote(text)', 'source_is_there()', 'source_is_kept()', 'downlink_due(text)', 'downlink_append(text,text,jsonb,timestamp with time zone)', 'downlink_give(text,text,jsonb)',
                    'downlink_lost(text,text,jsonb)', 'downlink_begin(text,boolean)', 'downlink_begin_again(text)', 'downlink_meet(text,bigint,bigint,text)', 'downlink_tidy()', 'link_forked(text,bigint,bigint)', 'site_struck(integer,boolean,text)', 'sites_shut()', 'site_opened(integer)', 'health_believed(jsonb)', 'site_strike', 'sync.hello(integer,jsonb)', 'sync.begin_epoch(bigint,bigint,bigint,bytea)',
                    'sync.append(bigint,bigint,text[],timestamp with time zone[],bytea[],bytea[],jsonb)', 'sync."fetch"(bigint,bigint)']) as thing
 union all
select 'bacpipes_journal', thing
  from unnest(array['site_invitation', 'site_invitation_id_seq', 'site_request', 'site_request_id_seq', 'central_authority', 'site_revocation', 'site_noted(text,text,jsonb)', 'site_known(text)', 'site_must_be_called(text)', 'site_must_answer(text)', 'site_held(text)', 'site_withdraw(text,text)', 'site_awaited_since(remote_site)', 'site_shut(text,text)', 'site_answer(site_request)', 'site_login(integer,boolean)',
                    'site_invite(text,text,text,boolean)', 'site_invited(bigint)', 'site_invited_until(text)', 'site_rename(text,text)', 'site_revoke(text,text)', 'site_retire(text)', 'site_is_listed(text)', 'site_requests()', 'site_signed(bigint,text,text,timestamp with time zone)', 'site_refused(bigint,text)',
                    'site_revocations()', 'site_revocation_listed(integer)', 'site_authorities_tell(text,text,integer,integer)', 'sites_mend(text[],jsonb)', 'central_link_store(text,integer,text,integer,text,boolean,text)', 'sync."join"(text)', 'sync.renew(text)', 'sync.authorities()']) as thing
 union all
select 'bacpipes_logins', 'site_login(integer,boolean)'
 union all
select 'bacpipes_journal', thing
  from unnest(array['link_epoch', 'link_octets', 'link_report', 'frame_is_key(bytea)', 'frame_stream(bytea)', 'link_lives(text)', 'link_state(text)', 'link_head(text)', 'link_backlog(text)', 'link_entries(text,bigint,bigint,bigint,integer)',
                    'link_digests(text,bigint,bigint[])', 'link_begins(text,bigint)', 'link_compare(text,jsonb)', 'link_close(text,bigint)', 'link_acknowledge(text,bigint,bigint)', 'journal_is_at_central(text,bigint,bigint)', 'link_floors(text,bigint,bigint)',
                    'journal_snapshot(text)', 'link_prepare(text)', 'journal_refile(text,bigint,bigint,bigint,bigint,text)', 'link_carry(text,bigint,bigint,text,timestamp with time zone,bytea,bytea,interval)',
                    'link_count(text,bigint,bigint)', 'link_report(text,text,text,double precision)', 'link_month(text)', 'sync.digests(bigint,bigint[])',
                    'frame_due', 'frame_due_number_seq', 'frames_points(text,timestamp with time zone,timestamp with time zone)', 'entry_told()']) as thing
 union all
select 'bacpipes_journal', thing from frames_function
 union all
select 'bacpipes_journal', thing
  from unnest(array['command_latency', 'remote_asked(text,text,jsonb)', 'command_body(write_commands)', 'command_step(write_commands)', 'job_told()', 'link_let_ask()', 'note_held()', 'note_status()', 'uplink_row_key(text,jsonb)', 'held_append(text,text,jsonb[])',
                    'remote_expire(uuid)', 'remote_tick()', 'downlink_carry_out(text,text,jsonb,interval)', 'uplink_apply_command(text,text,jsonb,timestamp with time zone)', 'uplink_apply_held(text,text,jsonb)', 'uplink_apply_job(text,jsonb)',
                    'uplink_apply_audit(text,jsonb)']) as thing
 union all
select 'bacpipes_owner', thing from unnest('{"site_stays()", change, "change_ask(text,text,jsonb)", "change_cancel(text,uuid)", "change_told(change)", "change_asked()", "central_must(text,text,jsonb)", "change_do(text,text,jsonb)", "change_carry_out(text,jsonb)",
                                         "job_carry_out(text,jsonb,interval)", "remote_stays()"}'::text[]) as thing
 union all
select 'bacpipes_owner', thing from unnest('{"site_stays()", central_room()}'::text[]) as thing;
insert into expected
select role, thing, case when thing like '%(%' then 'EXECUTE' when thing like '%\_seq' then 'SELECT UPDATE USAGE'
                         else 'DELETE INSERT REFERENCES SELECT TRIGGER TRUNCATE UPDATE' end from owned;

-- From afar.
insert into expected values
    ('bacpipes_journal', 'job',                      'SELECT UPDATE'),
    ('bacpipes_journal', 'change',                   'SELECT UPDATE'),
    ('bacpipes_journal', 'jobs_tidy()',              'EXECUTE'),
    ('bacpipes_journal', 'change_carry_out(text,jsonb)', 'EXECUTE'),
    ('bacpipes_journal', 'job_carry_out(text,jsonb,interval)', 'EXECUTE'),
    ('bacpipes_sync',    'downlink_carry_out(text,text,jsonb,interval)', 'EXECUTE'),
    ('bacpipes_central', 'remote_tick()',            'EXECUTE'),
    ('bacpipes_owner',   'command_latency',          'SELECT'),
    ('bacpipes_reader',  'command_latency',          'SELECT'),
    ('bacpipes_web',     'command_latency',          'SELECT'),
    ('bacpipes_web',     'change',                   'SELECT'),
    ('bacpipes_web',     'change_cancel(text,uuid)', 'EXECUTE'),
    ('bacpipes_web',     'change_told(change)', 'EXECUTE'),
    ('bacpipes_web',     'change_asked()', 'EXECUTE'),
    ('bacpipes_web',     'command_instant(timestamp with time zone)', 'EXECUTE'),
    ('bacpipes_owner',   'remote_asked(text,text,jsonb)', 'EXECUTE'),
    ('bacpipes_owner',   'downlink_append(text,text,jsonb,timestamp with time zone)', 'EXECUTE');
insert into expected select role, thing, 'EXECUTE' from unnest('{bacpipes_owner, bacpipes_web}'::text[]) as role, unnest('{command_step(write_commands), site_is_remote(text)}'::text[]) as thing;

select readings_ensure_days('2026-03-01 00:00Z', '2026-03-02 00:00Z');
create table not_yet_listed (id bigint generated always as identity); -- as a migration makes one
create function ours(class regclass, id oid) returns boolean language sql as $$
    select not exists (select from pg_depend where classid = class and objid = id and deptype = 'e') $$;
create temporary view actual as
    select role, case when oid in (select inhrelid from pg_inherits where inhparent = 'sensor_readings'::regclass) then 'a day of sensor_readings'
                      when relnamespace = 'access'::regnamespace then 'access.' || relname else relname::text end as thing,
           string_agg(distinct kind, ' ' order by kind) as rights
      from role_name, pg_class, unnest('{SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER}'::text[]) as kind
     where relnamespace in ('public'::regnamespace, 'days'::regnamespace, 'access'::regnamespace) and relkind in ('r', 'p', 'v', 'm', 'f') and ours('pg_class', oid)
       and (has_table_privilege(role, oid, kind) or kind in ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES') and has_any_column_privilege(role, oid, kind))
     group by 1, 2
     union all
    select role, case when relnamespace = 'access'::regnamespace then 'access.' || relname else relname::text end, string_agg(kind, ' ' order by kind)
      from role_name, pg_class, unnest('{SELECT, UPDATE, USAGE}'::text[]) as kind
     where relnamespace in ('public'::regnamespace, 'access'::regnamespace) and relkind = 'S' and ours('pg_class', oid) and has_sequence_privilege(role, oid, kind)
     group by 1, 2
     union all
    select role, oid::regprocedure::text, 'EXECUTE'
      from role_name, pg_proc
     where pronamespace in ('public'::regnamespace, 'sync'::regnamespace) and ours('pg_proc', oid) and proname <> 'ours' and has_function_privilege(role, oid, 'EXECUTE');

select plan(35);
select set_eq('select role from role_name',
              array['bacpipes_owner', 'bacpipes_collect', 'bacpipes_ingest', 'bacpipes_maintain', 'bacpipes_reader', 'bacpipes_journal', 'bacpipes_source', 'bacpipes_logins', 'bacpipes_web', 'bacpipes_access', 'bacpipes_sync', 'bacpipes_central', 'bacpipes_sites', 'bacpipes_join'], 'there is a role for each program');
select is_empty('select * from actual except select * from expected', 'no role may do more than stands here');
select is_empty('select * from expected except select * from actual', 'and each all that does');
select is_empty($$ select rolname from pg_roles join role_name on rolname = role
                    where rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls
                       or exists (select from pg_auth_members where member = pg_roles.oid)
                   except values ('bacpipes_logins'::name) $$, 'none has rights over others, or those of another');
select ok(bool_and(rolconnlimit > 0 or not rolcanlogin) and sum(rolconnlimit) filter (where rolcanlogin and rolname not in ('bacpipes_central', 'bacpipes_join')) < 100 - 20
          and sum(rolconnlimit) filter (where rolcanlogin and rolname not in ('bacpipes_collect', 'bacpipes_ingest', 'bacpipes_sync')) < 100 - 20, 'their connections fit into those that PostgreSQL has, at a site and at central')
  from pg_roles join role_name on rolname = role;
select is_empty($$ select oid::regprocedure from pg_proc where pronamespace in ('public'::regnamespace, 'sync'::regnamespace) and ours('pg_proc', oid) and proname <> 'ours'
                      and not coalesce(prosqlbody is not null or 'search_path=public, pg_temp' = any (proconfig), false) $$, 'what a function names does not depend on who calls it');
select is_empty($$ select oid::regprocedure from pg_proc where pronamespace in ('public'::regnamespace, 'sync'::regnamespace) and prosecdef and ours('pg_proc', oid)
                      and proname not in ('site_login', 'site_invite', 'site_invited', 'site_invited_until', 'site_rename', 'site_revoke', 'site_retire', 'site_is_listed', 'site_requests', 'site_signed', 'site_refused', 'site_revocations', 'site_revocation_listed', 'site_authorities_tell', 'sites_mend', 'central_link_store', 'join', 'renew', 'authorities',
                                          'downlink_tidy', 'site_struck', 'sites_shut', 'site_opened', 'site_make_way', 'journal_make_way', 'sync_guard', 'site_sessions',
                                           'note_choice', 'check_setting', 'point_version', 'link_noted', 'source_is_kept', 'source_is_there', 'downlink_begin', 'downlink_begin_again',
                                           'hello', 'begin_epoch', 'append', 'fetch', 'journal_person', 'journal_who', 'points_change', 'points_undo',
                                           'views_noted', 'view_store', 'view_remove', 'job_ask', 'job_cancel', 'job_end', 'job_tell', 'jobs_begin', 'jobs_take',
                                           'setting_change', 'web_command_ask', 'web_command_cancel', 'web_command_check', 'alarm_raise', 'alarm_return',
                                           'remote_asked', 'change_cancel', 'change_carry_out', 'job_carry_out', 'job_told', 'link_let_ask', 'note_held', 'note_status', 'remote_stays',
                                          'jobs_tidy', 'remote_tick', 'downlink_carry_out', 'downlink_append', 'command_ask', 'command_cancel', 'command_check', 'command_gate', 'command_noted',
                                           'command_sees_only', 'digests', 'link_state', 'link_head', 'link_backlog', 'link_entries', 'link_digests', 'link_begins', 'link_compare', 'link_close',
                                           'link_acknowledge', 'link_floors', 'link_prepare', 'journal_refile', 'link_carry', 'link_count', 'link_report',
                                           'link_month', 'frames_held', 'frames_due', 'frames_note', 'frames_begin', 'frames_append', 'frames_follow', 'frames_append_due', 'frames_lay', 'entry_told',
                                          'commands_claim', 'commands_due', 'commands_end', 'hold_event', 'hold_follow', 'holds_of', 'override_forget', 'override_store', 'source_add', 'source_forget',
                                          'source_noted', 'source_remove', 'source_set', 'source_store', 'sources_end_idle', 'journal_begin', 'journal_checkpoint', 'journal_key_handed', 'site_key_seen', 'site_keys_untold', 'site_key_tell', 'journal_last_checkpoint', 'journal_maintain', 'journal_records', 'journal_unsigned', 'journal_number', 'journal_open', 'journal_position', 'note_change', 'next_device_id', 'next_point_id', 'note_number', 'notify_config', 'point_named', 'quarantine_count', 'quarantine_store', 'quarantine_trim',
                                          'journal_note', 'past_begin', 'past_lay', 'readings_ensure_days', 'readings_follow', 'readings_give', 'readings_hold',
                                          -- of central
                                          'uplink_apply', 'uplink_retry', 'uplink_retry_begin', 'uplink_retry_failed', 'uplink_concluded', 'uplink_edit', 'uplink_status', 'central_keep', 'central_retry', 'central_notify', 'current_values_fill', 'successor_noted', 'uplink_aside_count',
                                          -- of the web
                                          'current_values_keep', 'web_acting', 'web_user', 'web_may', 'web_must', 'site_groups', 'site_groups_set', 'web_act', 'access_identify', 'access_login_begin', 'access_login_end', 'access_link_look', 'access_link_try', 'access_code_try', 'access_link_use', 'access_session_end', 'access_me', 'access_me_set', 'access_totp_begin', 'access_totp_look', 'access_totp_confirm', 'access_totp_end', 'access_users', 'access_user', 'access_user_named', 'access_link_add', 'access_password_set', 'access_user_add', 'access_user_set', 'access_user_remove', 'access_grant', 'access_sessions', 'access_sessions_end', 'access_tokens', 'access_token_add', 'access_token_remove', 'access_first_link', 'access_totp_end_of') $$, 'few act with the rights of their owner');
select is_empty($$ select * from pg_default_acl $$, 'what comes later is nobody''s');
select ok(not has_schema_privilege(role, 'public', 'create'), role || ' makes nothing in public') from role_name order by role;
select results_eq($$ select role::text from role_name where has_schema_privilege(role, 'access', 'usage') $$, array['bacpipes_access'], 'who may log in is nobody''s to see but by functions');
select results_eq($$ select role::text from role_name where has_schema_privilege(role, 'sync', 'usage') order by role $$, array['bacpipes_join', 'bacpipes_journal', 'bacpipes_sites'], 'what sites call is theirs alone');
select is_empty($$ select nspname, role from pg_namespace, role_name where nspname !~ '^pg_temp' and has_schema_privilege(role, nspname, 'create')
                      and (nspname, role) not in (('days', 'bacpipes_maintain'), ('journal', 'bacpipes_journal')) $$, 'nor anywhere else, but for days and journal');
select is(count(*), 2::bigint, 'what they may define is looked at') from pg_event_trigger where evtname in ('bacpipes_definitions', 'bacpipes_expressions') and evtenabled <> 'D';
select is_empty($$ select oid::regprocedure from pg_proc where pronamespace in ('public'::regnamespace, 'sync'::regnamespace) and prosecdef and ours('pg_proc', oid)
                      and (select rolsuper from pg_roles where pg_roles.oid = proowner) $$, 'no function acts with a superuser''s rights');

-- Once for real: the rights that other rights hang on.
insert into site (site_id, name) values ('demo', 'Demo');
insert into device (site_id, device_id, address, instance) values ('demo', 1, '10.0.0.1', 1);
set local role bacpipes_collect;
select next_point_id('demo') as point_id \gset
insert into point (site_id, point_id, device_id, object_type, object_instance) values ('demo', :point_id, 1, 'analog-input', 1);
set local role bacpipes_ingest;
select readings_ensure_days('2026-03-05 00:00Z', '2026-03-05 00:00Z') as made \gset
insert into sensor_readings (time, site_id, point_id, value, quality) values ('2026-03-05 00:00Z', 'demo', 1, 20, 'good');
set local role bacpipes_reader;
select point as reader_sees from readings \gset
select count(*) as lockable from pg_proc where proname ~ '^pg_(try_)?advisory_(xact_)?lock' and has_function_privilege(oid, 'execute') \gset
reset role;
select is(:made, case readings_engine() when 'native' then 1 else 0 end, 'ingest makes a day for what comes late');
select is((select value from points where point_id = 1), 20::double precision, 'collect and ingest do what they are for');
select is(:'reader_sees', ''::text, 'and a reader sees it');
select is(:lockable, 0, 'who only reads has no locks to stop others with');
select is((select string_agg(role || ': ' || pg_proc.oid::regprocedure, '; ') from unnest('{bacpipes_central, bacpipes_collect, bacpipes_ingest, bacpipes_maintain, bacpipes_owner, bacpipes_sync}'::text[]) as role, pg_proc
            where proname ~ '^pg_(try_)?advisory_(xact_)?lock' and has_function_privilege(role, pg_proc.oid, 'execute')),
          'bacpipes_central: pg_try_advisory_lock(integer,integer); bacpipes_collect: pg_try_advisory_lock(integer,integer); bacpipes_ingest: pg_try_advisory_lock(integer,integer); bacpipes_sync: pg_try_advisory_lock(integer,integer)', 'central, collect, ingest and sync have one that makes them alone, and no other account has any');
select is_empty($$ select role, pg_proc.oid::regprocedure from role_name, pg_proc
                    where (proname ~ '^lo_' or proname in ('lowrite', 'loread', 'pg_logical_emit_message', 'pg_notify')) and has_function_privilege(role, pg_proc.oid, 'execute')
                      and (role, proname) not in (('bacpipes_owner', 'pg_notify'), ('bacpipes_journal', 'pg_notify'), ('bacpipes_access', 'pg_notify')) $$, 'none has large objects to fill the disk with, nor notices by the row');
select is((select string_agg(setting, ' ' order by setting) from pg_db_role_setting, unnest(setconfig) as setting where setrole = 'bacpipes_reader'::regrole),
          'statement_timeout=10min temp_file_limit=1GB', 'who reads has limits of his own');
-- Rights of what it calls are its caller's, which another engine calls more of.
reset role;
set role bacpipes_owner;
select octets >= 0 as kept from readings_kept() \gset
reset role;
select ok(:'kept', 'the tools may ask how much is kept');

select * from finish();
rollback;
