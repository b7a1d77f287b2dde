-- What central asks of a site, and what the site says of it: said twice, said late, said by another site, given twice, given late; and what central may change.
begin;
select plan(76);
set local client_min_messages = warning;
insert into site (site_id, name) values ('central', 'Central'), ('here', 'Here'), ('near', 'Near');
insert into site (site_id, name, is_remote) values ('macau', 'Macau', true), ('klcc', 'KLCC', true);
insert into device (site_id, device_id, address, instance, name) select s, 1, '10.1.2.9', 1001, 'AHU-1' from unnest('{macau,klcc,here,near}'::text[]) as s;
insert into point (site_id, point_id, device_id, object_type, object_instance, name, units, min_value, max_value, write_min, write_max, commandable, writable)
select s, 1, 1, 'analog-value', 1, 'SP', 'degrees-celsius', 10, 30, 12, 28, true, s <> 'near' from unnest('{macau,klcc,here,near}'::text[]) as s;
insert into point (site_id, point_id, device_id, object_type, object_instance, name, units, commandable, writable) values
    ('here', 2, 1, 'analog-value', 2, 'DAMPER', 'percent', true, true), ('here', 3, 1, 'analog-value', 3, 'LOCKED', '', true, false), ('near', 4, 1, 'analog-value', 4, 'OTHER', '', true, true);
insert into remote_site (site_id, number, state) values ('macau', 1, 'joined'), ('klcc', 2, 'joined');
insert into downlink_head (site_id, epoch, seq, carried_seq) values ('macau', 7, 5, 3), ('klcc', 8, 0, 0);
create function applies(of_site text, kind text, body jsonb, received timestamptz default clock_timestamp()) returns void language plpgsql security definer set search_path = public, pg_temp as $$
begin
    perform set_config('bacpipes.applying', of_site, true);
    case kind when 'job' then perform uplink_apply_job(of_site, body);
              when 'audit' then perform uplink_apply_audit(of_site, body);
              else perform uplink_apply_command(of_site, kind, body, received); end case;
    perform set_config('bacpipes.applying', '', true);
end
$$;
alter function applies(text, text, jsonb, timestamptz) owner to bacpipes_journal;
create function asks() returns uuid language sql as $$
    insert into write_commands (site_id, point_id, command_type, value, priority, created_by) values ('macau', 1, 'write_value', 21, 8, 'mina') returning id
$$;
create function gives(kind text, of_id uuid) returns boolean language sql as $$ select downlink_give('macau', kind, jsonb_build_object('id', of_id)) $$;
create function told(of_id uuid, event text, more jsonb default '{}') returns jsonb language sql as $$ select jsonb_build_object('v', 1, 'id', of_id, 'event', event, 'at', '2026-11-27T10:00:00Z') || more $$;
create function stands(of_id uuid) returns text language sql as $$ select concat_ws(' ', status, verdict) from write_commands where id = of_id $$;
create function theirs(of_id uuid, more jsonb) returns jsonb language sql as $$
    select '{"v": 1, "number": 7, "point_id": 1, "command_type": "write_value", "value": 21, "priority": 8, "status": "pending", "source": "sql", "created_by": "eve", "created_at": "2026-11-27T10:00:00Z", "execute_at": "2026-11-27T10:00:00Z", "expires_at": "2026-11-27T10:10:00Z"}'::jsonb || jsonb_build_object('id', of_id) || more
$$;

-- ---- a site's word on commands ----

select asks() as id \gset
select ok(gives('command', :'id'), 'a command is given out');
select ok(not gives('command', :'id'), 'once');
select applies('macau', 'command_event', told(:'id', 'completed', '{"verdict": "held"}'), '2026-11-27 10:00:01Z');
select applies('macau', 'command_event', told(:'id', 'failed', '{"verdict": "unknown"}'), '2026-11-27 10:00:09Z');
select is(stands(:'id'), 'completed held', 'of what has ended another end is not believed');
select is((select ended_told_at from write_commands where id = :'id'), '2026-11-27 10:00:01Z', 'it came when it came first');
select throws_ok(format('select applies(''klcc'', ''command_event'', told(%L, ''failed''))', :'id'), '22000', format('command %s is one of site "macau"', :'id'), 'nor does another site say anything of it');

select asks() as id \gset
select applies('macau', 'command', theirs(:'id', '{"origin": "central"}'), '2026-11-27 10:00:01Z');
select is((select handed_over_at from write_commands where id = :'id'), '2026-11-27 10:00:01Z', 'what waits here, and the site has, was handed over by a central that was put back since');
select ok(not gives('command', :'id'), 'and is not given again');
select asks() as id \gset
select applies('macau', 'command_event', told(:'id', 'completed', '{"verdict": "held"}'), '2026-11-27 10:00:01Z');
select is((select handed_over_at from write_commands where id = :'id'), '2026-11-27 10:00:01Z', 'so was what the site has done');
select ok(not gives('command', :'id'), 'which is not given again either');
select asks() as id \gset
select gives('command', :'id') \g /dev/null
select handed_over_at as given_at from write_commands where id = :'id' \gset
select applies('macau', 'command_event', told(:'id', 'failed', '{"verdict": "not-sent"}'));
select is((select concat_ws(' ', executed_at, handed_over_at = :'given_at', completed_at) from write_commands where id = :'id'), 't ' || '2026-11-27 10:00Z'::timestamptz, 'what was not sent was not carried out at any time');

select gen_random_uuid() as id \gset
select applies('macau', 'command', theirs(:'id', '{"origin": "central", "source": "central"}'), '2026-11-27 10:00:01Z');
select is((select concat_ws(' ', origin, handed_over_at) from write_commands where id = :'id'), 'central ' || '2026-11-27 10:00:01Z'::timestamptz, 'one that nobody here knows was asked for by a central that was put back since');
select gen_random_uuid() as id \gset
select applies('macau', 'command', theirs(:'id', '{"origin": "site"}'));
select is((select concat_ws(' ', origin, handed_over_at) from write_commands where id = :'id'), 'site', 'or at the site');

select asks() as id \gset
select gives('command', :'id') \g /dev/null
select downlink_lost('macau', 'command', jsonb_build_object('id', :'id')) \g /dev/null
select applies('macau', 'command', theirs(:'id', '{"origin": "central"}'), '2026-11-27 10:00:01Z');
select is((select concat_ws(' ', status, verdict, arrived_at, taken_told_at) from write_commands where id = :'id'), 'failed unknown ' || '2026-11-27 10:00:01Z'::timestamptz, 'a word that a command had come opens nothing that was concluded');
select applies('macau', 'command_event', told(:'id', 'executing'), '2026-11-27 10:00:02Z');
select is((select concat_ws(' ', status, verdict, taken_told_at) from write_commands where id = :'id'), 'failed unknown ' || '2026-11-27 10:00:02Z'::timestamptz, 'nor one that it was taken up');
select downlink_lost('macau', 'command', jsonb_build_object('id', :'id')) \g /dev/null
select applies('macau', 'command_event', told(:'id', 'completed', '{"verdict": "held"}'));
select is(stands(:'id'), 'completed held', 'its end does');
select downlink_lost('macau', 'command', jsonb_build_object('id', :'id')) \g /dev/null
select is(stands(:'id'), 'completed held', 'what was answered is not lost any more');

insert into write_commands (site_id, point_id, command_type, value, idempotency_key, created_by) values ('macau', 1, 'write_value', 21, 'k', 'mina') returning source as source \gset
select gen_random_uuid() as id, gen_random_uuid() as other \gset
select lives_ok(format('select applies(''macau'', ''command'', theirs(%L, %L))', :'id', jsonb_build_object('source', :'source', 'idempotency_key', 'k')), 'a key that was drawn at both ends stops nothing');
select applies('klcc', 'command', theirs(:'other', jsonb_build_object('source', :'source', 'idempotency_key', 'k')));
select is((select string_agg(coalesce(idempotency_key, '-'), ' ' order by site_id desc) from write_commands where id in (:'id', :'other')), '- k', 'and is another site''s own');

select gen_random_uuid() as id \gset
select applies('macau', 'command', theirs(:'id', '{"status": "refused", "rule": "above-max", "completed_at": "2026-11-27T10:00:00Z"}'), '2026-11-27 10:00:01Z');
select is((select ended_told_at from write_commands where id = :'id'), '2026-11-27 10:00:01Z', 'what was refused there comes with its end');
select asks() as id \gset
select gives('command', :'id'), command_cancel(:'id', null), command_cancel(:'id', null) \g /dev/null
select is((select count(*) from downlink where kind = 'command_cancel'), 1::bigint, 'a site is asked once to take one back');

-- ---- what its site did not fetch in time ----

select asks() as waits, asks() as given, gen_random_uuid() as own, gen_random_uuid() as begun \gset
select gives('command', :'given') \g /dev/null
select applies('macau', 'command', theirs(:'own', '{"origin": "site"}'));
select applies('macau', 'command', theirs(:'begun', '{"origin": "central", "status": "executing", "executed_at": "2026-11-27T10:00:00Z"}'));
set local bacpipes.applying = 'macau';
update write_commands set handed_over_at = null where id = :'begun';
update write_commands set expires_at = clock_timestamp() - interval '1 s', created_at = clock_timestamp() - interval '1 min', execute_at = clock_timestamp() - interval '1 min' where id in (:'waits', :'given', :'own', :'begun');
set local bacpipes.applying = '';
select asks() as lives \gset
select is(remote_tick(), 1, 'what waits here and is over expires');
select is((select string_agg(status, ' ' order by array_position(array[:'waits', :'given', :'own', :'begun', :'lives']::uuid[], id)) from write_commands where id in (:'waits', :'given', :'own', :'begun', :'lives')),
          'expired pending pending executing pending', 'and nothing else: what a site has is the site''s');

-- ---- what could not be, and what became of changes and jobs ----

create function not_done(of_site text, kind text, of_id uuid) returns void language sql as $$
    select applies(of_site, 'audit', jsonb_build_object('v', 1, 'event', 'not_carried_out', 'kind', kind, 'id', of_id, 'why', 'no room'))
$$;
select asks() as id \gset
select gives('command', :'id') \g /dev/null
select not_done('klcc', 'command', :'id');
select is(stands(:'id'), 'pending', 'another site says nothing of it');
select applies('macau', 'command_event', told(:'id', 'executing'));
select not_done('macau', 'command', :'id');
select is(stands(:'id'), 'executing', 'of what was taken up it is not believed that it could not be taken');

create function changes() returns uuid language sql as $$ select change_ask('macau', 'setting', '{"name": "poll.interval", "value": "30s"}') $$;
create function change_told(of_site text, of_id uuid, outcome text) returns void language sql as $$
    select applies(of_site, 'audit', jsonb_build_object('v', 1, 'event', 'change_ended', 'id', of_id, 'outcome', outcome))
$$;
select changes() as id \gset
select ok(gives('change', :'id'), 'a change is given out');
select change_told('klcc', :'id', 'changed'), not_done('klcc', 'change', :'id') \g /dev/null
select is((select outcome from change where id = :'id'), null, 'another site says nothing of it');
select change_told('macau', :'id', 'changed'), change_told('macau', :'id', 'stale'), not_done('macau', 'change', :'id') \g /dev/null
select downlink_lost('macau', 'change', jsonb_build_object('id', :'id')) \g /dev/null
select is((select outcome from change where id = :'id'), 'changed', 'what has ended stays so');
select ok(not gives('change', :'id'), 'and is not given out');
select changes() as id \gset
select downlink_lost('macau', 'change', jsonb_build_object('id', :'id')), change_told('macau', :'id', 'changed') \g /dev/null
select is((select outcome from change where id = :'id'), 'changed', 'what nobody knew of is known then');
select changes() as id \gset
select not_done('macau', 'change', :'id');
select is((select concat_ws(': ', outcome, text) from change where id = :'id'), 'failed: no room', 'what the site could not take has failed');

insert into change (site_id, what, request, asked_by) select 'macau', 'setting', '{}', 'mina' from generate_series((select count(*) from change where site_id = 'macau' and ended_at is null) + 1, 999);
select lives_ok('select changes()', 'a thousand changes wait for a site at most');
select throws_ok('select changes()', '22023', '1000 changes wait for site "macau" already', 'and no more');
delete from change where asked_by = 'mina';
update remote_site set state = 'retired' where site_id = 'klcc';
select throws_ok($$ select downlink_append('klcc', 'note', '{}') $$, '0A000', 'site "klcc" is retired: nobody there is asked for anything any more', 'a site that is retired is asked for nothing');
select throws_ok($$ insert into write_commands (site_id, point_id, command_type, value, priority, created_by) values ('klcc', 1, 'write_value', 99, 8, 'mina') $$, '0A000', 'site "klcc" is retired: nobody there is asked for anything any more', 'before anything of the command is judged');

create function jobs() returns uuid language sql as $$
    insert into job (site_id, kind, request, asked_by, expires_at) values ('macau', 'read-point', jsonb_build_object('points', array[(random() * 1e9)::integer]), 'mina', clock_timestamp() + interval '1 min') returning id
$$;
create function job_word(of_site text, of_id uuid, status text, progress double precision) returns void language sql as $$
    select applies(of_site, 'job', jsonb_build_object('v', 1, 'id', of_id, 'status', status, 'progress', progress))
$$;
create function job_stands(of_id uuid) returns text language sql as $$ select concat_ws(' ', status, progress, text) from job where id = of_id $$;
select jobs() as id \gset
select job_word('klcc', :'id', 'completed', 1), not_done('klcc', 'job', :'id') \g /dev/null
select is(job_stands(:'id'), 'pending 0', 'of a job another site says nothing');
select job_word('macau', :'id', 'executing', 0.5), job_word('macau', :'id', 'executing', 0.25) \g /dev/null
select is(job_stands(:'id'), 'executing 0.5', 'it never goes back');
select job_word('macau', :'id', 'completed', 1), job_word('macau', :'id', 'executing', 0.5), not_done('macau', 'job', :'id') \g /dev/null
select downlink_lost('macau', 'job', jsonb_build_object('id', :'id')) \g /dev/null
select is(job_stands(:'id'), 'completed 1', 'and what has ended stays so');
select jobs() as id \gset
update job set expires_at = clock_timestamp() - interval '1 s' where id = :'id';
select ok(not gives('job', :'id'), 'a job whose time is over is not given out');
select jobs() as id \gset
select ok(gives('job', :'id'), 'one that has time is');
update job set expires_at = clock_timestamp() - interval '1 s' where id = :'id';
select jobs_tidy();
select is(job_stands(:'id'), 'pending 0', 'whose answer may be on its way for a while');
select jobs() as id \gset
update job set expires_at = clock_timestamp() - interval '1 s' where id = :'id';
select jobs_tidy();
select matches(job_stands(:'id'), 'expired 0 the site did not fetch it before .*', 'what was not fetched has no answer on its way');
select jobs() as id \gset
select downlink_lost('macau', 'job', jsonb_build_object('id', :'id')) \g /dev/null
select matches(job_stands(:'id'), 'failed 0 .*: ask again', 'what was lost has failed');

-- ---- what is forgotten of what was given out ----

delete from downlink;
insert into downlink (site_id, kind, body, epoch, seq, digest, given_at)
select 'macau', 'note', '{}', epoch, seq, sha256('x'), now() - days * interval '1 day'
  from (values (6, 5, 9), (7, 1, 7), (7, 2, 9), (7, 3, 9), (7, 4, 9)) as d (epoch, seq, days);
delete from central_size;
insert into site_hour (site_id, hour, good, count) select site_id, h, 1, 1 from (select min(site_id) from remote_site) as s (site_id), unnest(array[now() - interval '40 days', now() - interval '20 days']) as h;
insert into site_rate (site_id, since, per_hour, points) select site_id, now() - make_interval(days => d), d, 1 from (select min(site_id) from remote_site) as s (site_id), unnest('{100, 50, 20}'::integer[]) as d;
select count(*) as before from downlink \gset
select central_keep(1000, 0, 0, '{}') \g /dev/null
select is(:before - (select count(*) from downlink), 3::bigint, 'what was carried out, or is of a former life, goes');
select is((select count(*) from site_hour where hour < now() - interval '10 days'), 1::bigint, 'so do hours that nobody asks for any more');
select is((select array_agg(per_hour::integer order by since) from site_rate where since < now() - interval '10 days'), '{50,20}', 'and rates but the last that holds');
select is((select string_agg(concat(epoch, ':', seq), ' ' order by epoch, seq) from downlink), '7:1 7:4', 'after 8 days, and what was not carried out stays');

-- ---- at the site: given twice, and late ----

insert into central_link (site_id, number, host, port) values ('here', 1, 'central', 5432);
create function carries(kind text, said jsonb, life_left interval default null, of_site text default 'here') returns void language sql as $$ select downlink_carry_out(of_site, kind, said || '{"v": 1}', life_left) $$;
create function to_write(of_id uuid) returns jsonb language sql as $$ select jsonb_build_object('id', of_id, 'point_id', 1, 'command_type', 'write_value', 'value', 21, 'priority', 8, 'created_by', 'mina') $$;
select gen_random_uuid() as id \gset
select carries('command', to_write(:'id')) \g /dev/null
select ok((select expires_at - now() between '9 min' and '11 min' from write_commands where id = :'id'), 'a command of which no end is said lives for 10 minutes');
select lives_ok(format('select carries(''command'', to_write(%L))', :'id'), 'given twice');
select is((select count(*) from write_commands where site_id = 'here'), 1::bigint, 'it is one');
select gen_random_uuid() as id, clock_timestamp() as began \gset
select carries('command', to_write(:'id'), '-5 min') \g /dev/null
select is((select concat_ws(' ', status, expires_at >= :'began') from write_commands where id = :'id'), 'expired t', 'one that is over is not carried out, and was over when it came');
select gen_random_uuid() as id \gset
select set_config('test.id', :'id', true) \g /dev/null
do $$
declare
    began constant timestamptz := clock_timestamp();
begin
    perform pg_sleep(0.1), carries('command', to_write(current_setting('test.id')::uuid), '10 s');
    perform set_config('test.lives', (select (expires_at < began + interval '10 s') from write_commands where id = current_setting('test.id')::uuid)::text, true);
end
$$;
select is(current_setting('test.lives'), 'true', 'what waited here for its turn has lived meanwhile');

select gen_random_uuid() as id \gset
select lives_ok(format('select carries(''job'', jsonb_build_object(''id'', %L, ''kind'', ''read-point'', ''request'', ''{"points": [1]}''::jsonb))', :'id') || ' from generate_series(1, 2)', 'a job is given twice');
select is(job_stands(:'id'), 'pending 0', 'and stands once among the others');
select carries('job_cancel', jsonb_build_object('id', :'id'), null, 'near') \g /dev/null
select is(job_stands(:'id'), 'pending 0', 'another site''s is not taken back');
update job set is_from_central = false where id = :'id';
select carries('job_cancel', jsonb_build_object('id', :'id')) \g /dev/null
select is(job_stands(:'id'), 'pending 0', 'nor one that somebody here asked for');
select gen_random_uuid() as id \gset
select carries('job', jsonb_build_object('id', :'id', 'kind', 'read-point', 'request', '{"points": [1]}'::jsonb), '0') \g /dev/null
select is(job_stands(:'id'), 'expired 0 its time was over when the site got it', 'one without time is not done');
select gen_random_uuid() as id \gset
select carries('job', jsonb_build_object('id', :'id', 'kind', 'read-point', 'request', '{"points": [4]}'::jsonb)) \g /dev/null
select is(job_stands(:'id'), 'failed 0 site "here" has no point 4', 'another site''s points are not read');
select throws_ok(format('select carries(''job'', jsonb_build_object(''id'', %L, ''kind'', ''prove-audit'', ''request'', ''{}''::jsonb))', gen_random_uuid()), '22023', 'this site knows no kind of job "prove-audit"', 'what no collector does is not asked for from afar');

-- ---- what central may change ----

create function may(what text, request jsonb) returns text language plpgsql as $$
begin
    perform central_must('here', what, request);
    return 'yes';
exception when insufficient_privilege then
    return 'no';
end
$$;
create function may_set(of_point integer, is_set jsonb) returns text language sql as $$ select may('points', jsonb_build_object('points', jsonb_build_array(jsonb_build_object('id', of_point, 'set', is_set)))) $$;
select is(may_set(1, '{"write_max": 28, "write_min": 12}'), 'yes', 'limits as they are are no wider');
select is(may_set(1, '{"write_max": 27}') || may_set(1, '{"write_min": 13}'), 'yesyes', 'narrower ones are fine');
select is(may_set(1, '{"write_max": 28.5}') || may_set(1, '{"write_min": 11.5}'), 'nono', 'wider ones are not');
select is(may_set(1, '{"write_max": null}'), 'no', 'no upper limit is wider than any');
select is(may_set(1, '{"write_min": null}'), 'no', 'and so is no lower one');
select is(may_set(2, '{"write_min": -1}') || may_set(2, '{"write_max": 101}') || may_set(2, '{"write_min": 0, "write_max": 100}'), 'nonoyes', 'where nobody has said more, what the unit can be is the limit');
select is(may_set(2, '{"units": "no-units"}') || may_set(1, '{"units": "no-units"}'), 'noyes', 'which another unit would take away');
select is(may_set(3, '{"writable": true}') || may_set(1, '{"writable": true}') || may_set(1, '{"writable": false}'), 'noyesyes', 'what is not written stays so; another site''s point of that number is another');
select is(may('device', '{"device_id": 1, "set": {"enabled": true}}'), 'yes', 'a device that is asked may be asked');
update device set enabled = false where site_id = 'here';
select is(may('device', '{"device_id": 1, "set": {"enabled": true}}'), 'no', 'one that is left alone is left alone');
select is((select string_agg(name || may('setting', jsonb_build_object('name', name, 'value', '1')), ' ' order by name) from unnest('{control.central,control.life_safety,control.point_rate,control.operator_hold,poll.interval}'::text[]) as name),
          'control.centralno control.life_safetyno control.operator_holdno control.point_rateno poll.intervalyes', 'some settings are made at the site');
insert into setting (site_id, name, value) values ('here', 'control.central', 'true');
select is(may_set(1, '{"write_max": null}') || may('setting', '{"name": "control.life_safety"}') || may('setting', '{"name": "control.central"}'), 'yesyesno', 'where it lets central change all, it keeps that one to itself');
insert into setting (site_id, name, value) values ('here', 'poll.interval', '30s');
select is((select outcome from change_do('here', 'setting', '{"name": "poll.interval", "value": "20s"}')), 'changed', 'who expects nothing is not too late');
select is((select outcome from change_do('here', 'setting', '{"name": "poll.interval", "value": "25s", "expect": "30s"}')), 'stale', 'who expects what is no more is');

-- ---- for people ----

select is(change_set('{"poll_interval_s": 30.0000000000000000, "description": "Lobby", "write_max": 28.50, "units": null}'), 'description = Lobby, every 30 s, units = as before, write_max = 28.5', 'what is asked for is said as people write it');
select throws_ok(format('select site_invite(%L, %L, %L, false)', 'taipa', name, 'request'), '22023', 'a site is called something, in 200 letters at most, of which none is a line break or another control character', 'a name that does not fit into a line is none')
  from unnest(array[E'a\nb', E'\x1b[31mred', repeat('n', 201)]) as name;

select * from finish();
rollback;
