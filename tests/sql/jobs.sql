-- Jobs: asked once, taken once, told, ended, expired, forgotten.
begin;
select plan(69);
insert into site (site_id, name) values ('here', 'Here'), ('there', 'There');
insert into device (site_id, device_id, address, instance, name) values ('here', 1, '10.1.2.9', 1001, 'AHU-1');
insert into point (site_id, point_id, device_id, object_type, object_instance, name) values ('here', 1, 1, 'analog-value', 1, 'A'), ('here', 2, 1, 'analog-value', 2, 'B'), ('here', 3, 1, 'analog-value', 3, 'C');
insert into access.users (organisation_id, name) select 1, name from unnest('{mina, noor, ines, otto}'::text[]) as name;
create function asks(kind text, request jsonb, person text default 'mina', site text default 'here', role text default 'operator') returns uuid language plpgsql as $$
begin
    delete from access.acting;
    perform web_begin((select user_id from access.users where name = person), 7, null, '10.9.9.9', null, jsonb_build_array(jsonb_build_object('site', site, 'role', role)));
    return (select id from job_ask(site, kind, request));
end
$$;

select asks('read-slots', '{"points": [2, 1, 2], "more": "of it"}') as first \gset
select results_eq($$ select site_id, kind, request, asked_by, address, status, progress, result, expires_at - created_at between '115 s' and '125 s' from job $$,
                  $$ values ('here', 'read-slots', '{"points": [1, 2]}'::jsonb, 'mina', '10.9.9.9', 'pending', 0::double precision, null::jsonb, true) $$, 'a job is asked for');
select is(asks('read-slots', '{"points": [1, 2]}', 'noor'), :'first', 'who asks for the same meanwhile has the same');
select isnt(asks('read-point', '{"points": [1]}'), :'first', 'another kind is another');
select throws_ok($$ select asks('dance', '{}') $$, '22023', 'there is no kind of job "dance": discover, doctor, prove-audit, read-point, read-slots', 'a kind that is none says which there are');
select throws_ok($$ select asks(null, '{}') $$, '22023', 'there is no kind of job null: discover, doctor, prove-audit, read-point, read-slots', 'so does none');
select throws_ok(format('select asks(%L, %L)', 'read-slots', request), '22023', 'read-slots takes "points", 1 to 200 numbers of points', request || ' are no points')
  from unnest(array['{}', '{"points": []}', '{"points": 1}', '{"points": ["1"]}', '{"points": [1.5]}', '{"points": [0]}', '{"points": [1e99]}', '{"points": [null]}', '[]']) as request;
select throws_ok($$ select asks('read-slots', jsonb_build_object('points', (select jsonb_agg(i) from generate_series(1, 201) as i))) $$, '22023', 'read-slots takes "points", 1 to 200 numbers of points', 'too many are too many');
select throws_ok($$ select asks('read-slots', '{"points": [1, 77]}') $$, '22023', 'site "here" has no point 77', 'a point has to be there');
select throws_ok($$ select asks('read-slots', '{"points": [1]}', 'mina', 'there') $$, '22023', 'site "there" has no point 1', 'in this site');
select throws_ok($$ select asks('prove-audit', '{}', 'mina', 'nowhere') $$, '22023', 'there is no site "nowhere"', 'which has to be there itself');
insert into site (site_id, name) values ('central', 'Central');
select throws_ok(format('select asks(%L, %L, %L, %L, %L)', kind, '{}', 'mina', 'central', 'admin'), '22023', format('central has no collector, and no devices: %s is asked of one of its sites', kind), 'nobody would do ' || kind || ' at central') from unnest('{discover,doctor}'::text[]) as kind;
select isnt(asks('prove-audit', '{}', 'mina', 'central'), null, 'what needs no collector is done there');
delete from job where site_id = 'central';
select throws_ok($$ select asks('prove-audit', '{}', 'mina', 'here', 'viewer') $$, '42501', 'mina may not do so (read_audit) at here', 'who may not read the record has it not proven');

-- Taken once, by whom it is for.
select is((select count(*) from jobs_take('there', 'collect', 10)), 0::bigint, 'another site''s collector takes none');
select is((select count(*) from jobs_take('here', 'web', 10)), 0::bigint, 'nor does the web take what is the collector''s');
select is((select array_agg(id) from jobs_take('here', 'collect', 1)), array[:'first']::uuid[], 'the first is taken first');
select is((select array_agg(kind) from jobs_take('here', 'collect', 10)), '{read-point}', 'then the others');
select is((select count(*) from jobs_take('here', 'collect', 10)), 0::bigint, 'and none twice');
select results_eq($$ select status, taken_at is not null from job group by 1, 2 $$, $$ values ('executing', true) $$, 'they are under way');

select ok(job_tell(:'first', 0.5, '{"points": []}'), 'it is told how far it is');
select ok(job_tell(:'first', 0.2), 'a late word');
select is((select progress || ' ' || result::text from job where id = :'first'), '0.5 {"points": []}', 'takes nothing back');
select ok(job_end(:'first', 'completed', '{"points": [1]}'), 'it ends');
select ok(not job_end(:'first', 'failed', null, 'no'), 'once');
select is((select concat_ws(' ', status, progress, result, ended_at is not null) from job where id = :'first'), 'completed 1 {"points": [1]} t', 'and stands as it ended');
select ok(not job_tell(:'first', 1), 'nobody waits for more');
select asks('read-slots', '{"points": [3]}') as third \gset
select throws_ok(format($$ select job_cancel('there', %L) $$, :'third'), '42501', null, 'of another site nothing is taken back');
select is(asks('read-slots', '{"points": [3]}', 'noor', 'here', 'viewer'), :'third', 'of two who ask the same');
select throws_ok(format($$ select job_cancel('here', %L) $$, :'third'), '42501', 'the job is mina''s: whoever asked for it first takes it back, or an engineer', 'the second does not take it back');
select is(job_cancel('here', gen_random_uuid()), null, 'of none there is nothing to take back');
select asks('read-slots', '{"points": [1, 3]}') as other, asks('read-slots', '{"points": [3]}', 'ines', 'here', 'engineer') \gset
select ok(job_cancel('here', :'other'), 'an engineer takes back anybody''s');
select asks('read-slots', '{"points": [3]}') \gset
select ok(job_cancel('here', :'third') and not job_cancel('here', :'third'), 'who asked may take it back, once');
select asks('read-slots', '{"points": [2]}') as second \gset

-- A worker that went away, and time that is over.
select is(jobs_begin('here', 'collect'), 1, 'what another had taken has failed');
select is((select text from job where status = 'failed'), 'the collector that had taken it up went away: ask again', 'and says so');
update job set expires_at = clock_timestamp() - interval '1 s' where status = 'pending';
select is((select count(*) from jobs_take('here', 'collect', 10)), 0::bigint, 'what is too late is not begun');
select matches((select text from job where status = 'expired'), '^nobody took it up before 20.* UTC: is the collector running\?$', 'it says what to look at');
update job set ended_at = clock_timestamp() - interval '61 min' where id = :'first';
select asks('prove-audit', '{}') as proof \gset
select is((select request::text from job where id = :'proof'), '{}', 'a job without points');
select is((select count(*) from job where id = :'first'), 0::bigint, 'what ended an hour ago is forgotten');

-- A search for devices: whom it is for, who may ask, and one at a time.
delete from job;
select throws_ok($$ select asks('discover', '{}') $$, '42501', 'mina may not do so (edit_points) at here', 'an operator has no devices looked for');
select throws_ok(format('select asks(%L, %L, %L, %L, %L)', 'discover', request, 'ines', 'here', 'engineer'), '22023', null, request || ' is no search')
  from unnest(array['{"low": 1}', '{"low": 2, "high": 1}', '{"low": 0, "high": 4194303}', '{"low": -1, "high": 1}', '{"low": 1, "high": "2"}', '{"low": 1.5, "high": 2}', '{"device": null}', '{"device": 1, "low": 1, "high": 2}', '{"points": [1]}', '[]']) as request;
select throws_ok($$ select asks('discover', '{"device": 9}', 'ines', 'here', 'engineer') $$, '22023', 'site "here" has no device 9', 'a device has to be there');
select asks('discover', '{"high": 99, "low": 1}', 'ines', 'here', 'engineer') as search \gset
select is(asks('discover', '{"low": 1, "high": 99.0}', 'otto', 'here', 'engineer'), :'search', 'who asks for the same meanwhile waits for the same');
select throws_like($$ select asks('discover', '{"device": 1}', 'ines', 'here', 'engineer') $$, 'discover is under way at "here" already, which ines asked for at 20% UTC by another request ({"low": 1, "high": 99}): wait for its end', 'who asks for another is told');
insert into job (site_id, kind, request, asked_by, expires_at, is_from_central) values ('here', 'discover', '{}', 'central', now() + interval '1 min', true);
select is((select array_agg(id) from jobs_take('here', 'collect', 10)), array[:'search']::uuid[], 'of two that came from both ends one is begun');
select is((select count(*) from jobs_take('here', 'collect', 10)), 0::bigint, 'and no other meanwhile');
select ok(job_end(:'search', 'completed', '{"answered": 2}'), 'until it ends');
select is((select array_agg(request) from jobs_take('here', 'collect', 10)), array['{}']::jsonb[], 'then the other is');
delete from job;

-- Not too many.
insert into point (site_id, point_id, device_id, object_type, object_instance, name) select 'here', i, 1, 'analog-value', i, 'P' || i from generate_series(10, 40) as i;
select is((select count(asks('read-point', jsonb_build_object('points', array[i]), 'noor')) from generate_series(10, 40) as i), 20::bigint, 'a person has 20 at once');
select isnt(asks('read-point', '{"points": [40]}', 'ines'), null, 'and others have theirs');

-- Lists of them, a page at a time, read no more than their page.
insert into job (site_id, kind, request, asked_by, expires_at, status, ended_at) select 'here', 'discover', '{}', 'ines', now(), 'completed', now() from generate_series(1, 3000);
analyze job;
create function plan_of(statement text) returns setof text language plpgsql as $$ begin return query execute 'explain (costs off) ' || statement; end $$;
select ok(exists (select from plan_of($$ select * from job where site_id = 'here' and kind = 'discover' and number < 4000 order by number desc limit 101 $$) as line where line like '%Index Scan Backward using job_newest%'), 'the newest jobs of a kind are found by an index');
set local role bacpipes_web;
select is((select count(*) from (select from job where site_id = 'here' and kind = 'discover' order by number desc limit 7) as page), 7::bigint, 'and the web may read them');
reset role;

select * from finish();
rollback;
