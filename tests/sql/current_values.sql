-- What points are now: written by the web's function alone, never backwards, and gone with the point.
begin;
select plan(16);

insert into site (site_id, name) values ('hk', 'Hong Kong'), ('mo', 'Macau');
insert into device (site_id, device_id, instance, name, address) values ('hk', 1, 101, 'AHU-1', '10.0.0.1'), ('mo', 1, 101, 'AHU-1', '10.0.0.1');
insert into point (site_id, point_id, device_id, object_type, object_instance, name, units, states) values
    ('hk', 1, 1, 'analog-input', 1, 'SAT', '°C', '{}'), ('hk', 2, 1, 'binary-input', 1, 'Fan', '', '{off,on}'),
    ('mo', 1, 1, 'analog-input', 1, 'SAT', '°C', '{}');

select is((select relpersistence from pg_class where relname = 'current_value'), 'u', 'nothing of it goes through the write-ahead log');
set local role bacpipes_web;
select is(current_values_keep('hk', '[[1,21.5,"good",1764250000000],[2,1,"uncertain",1764250000120,"on","out-of-service"]]'), 2, 'two points are kept');
select results_eq($$ select point, value, state, quality, reason, at from current_values where site_id = 'hk' order by point_id $$,
    $$ values ('SAT'::text, 21.5::double precision, null::text, 'good'::text, null::text, '2025-11-27 13:26:40+00'::timestamptz),
              ('Fan', 1, 'on', 'uncertain', 'out-of-service', '2025-11-27 13:26:40.12+00') $$,
    'and read with names and states');
select is(current_values_keep('hk', '[[1,20,"good",1764240000000]]'), 0, 'what is older does not replace what is newer');
select is((select value from current_value where site_id = 'hk' and point_id = 1), 21.5::double precision, 'and the newer one stays');
select is(current_values_keep('hk', '[[1,21.75,"good",1764250000000]]'), 1, 'what is of the same instant does: it was heard later');
select is((select value from current_value where site_id = 'hk' and point_id = 1), 21.75::double precision, 'as it was told last');
select is(current_values_keep('hk', '[[1,null,"bad",1764250001000,null,"timeout"]]'), 1, 'no value is one, too');
select results_eq($$ select value, quality, reason from current_value where site_id = 'hk' and point_id = 1 $$,
    $$ values (null::double precision, 'bad'::text, 'timeout'::text) $$, 'with the reason');
select is(current_values_keep('hk', '[[99,1,"good",1764250000000]]'), 0, 'what is of no point is passed over');
select is(current_values_keep('hk', '[[2,null,"none",null]]'), 0, 'and so is what was never read');
select is((select count(*) from current_value where site_id = 'mo'), 0::bigint, 'another site has nothing of it');
select throws_ok($$ insert into current_value values ('hk', 1, 1, 'good', null, now()) $$, '42501', null, 'the web has the function, and no more');
select throws_ok($$ select current_values_keep('hk', '[[1,1,"excellent",1764250009000]]') $$, '23514', null, 'a quality is one of three');
reset role;
set local role bacpipes_reader;
select is((select count(*) from current_values), 2::bigint, 'Grafana reads it');
reset role;
delete from point where site_id = 'hk' and point_id = 2;
select is((select count(*) from current_value), 1::bigint, 'what is of a point goes with it');
select finish();
rollback;
