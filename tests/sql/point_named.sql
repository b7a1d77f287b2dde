-- The point that a program means by its name.
begin;
select plan(13);
insert into site (site_id, name) values ('here', 'Here'), ('there', 'There');
insert into device (site_id, device_id, address, instance, name, replaced_since) values
    ('here', 1, '10.1.2.9', 1001, 'AHU-1', null), ('here', 2, '10.1.2.8', 1002, 'AHU-2', null), ('here', 3, '10.1.2.7', 1001, 'old', now()), ('there', 1, '10.1.2.9', 1001, 'AHU-9', null);
insert into point (site_id, point_id, device_id, object_type, object_instance, property, name) values
    ('here', 1, 1, 'analog-value', 1, 'present-value', 'SAT-SP'), ('here', 2, 2, 'analog-value', 1, 'present-value', 'SAT-SP'), ('here', 3, 2, 'analog-value', 2, 'present-value', 'AHU-2/RAT-SP'),
    ('here', 4, 3, 'analog-value', 7, 'present-value', 'GONE-SP'), ('here', 5, 1, 'analog-value', 1, 'cov-increment', 'INC'), ('there', 1, 1, 'analog-value', 1, 'present-value', 'ELSEWHERE');

select is(point_named('here', 'AHU-2/RAT-SP'), 3, 'by its name');
select is(point_named('here', 'AHU-1/SAT-SP'), 1, 'by device and name');
select is(point_named('here', null, '1001', 'analog-value,1'), 1, 'by device and object: the device that is there, and the present value');
select is(point_named('here', null, 'AHU-2', 'analog-value,2'), 3, 'by the device''s name and object');
select throws_ok($$ select point_named('here', 'SAT-SP') $$, '22023', 'point "SAT-SP" may be any of these, by point_id: 1 (AHU-1, analog-value,1), 2 (AHU-2, analog-value,1)', 'several are none');
select throws_ok($$ select point_named('here', 'sat-sp') $$, '22023', 'there is no point "sat-sp": did you mean "SAT-SP"?', 'letters count');
select throws_like($$ select point_named('here', 'GONE-SP') $$, 'there is no point "GONE-SP"%', 'a device that was replaced is not written to');
select throws_ok($$ select point_named('here', 'ELSEWHERE') $$, '22023', 'there is no point "ELSEWHERE"', 'nor is another site');
select throws_ok($$ select point_named('here', null, '1003', 'analog-value,1') $$, '22023', 'there is no object analog-value,1 of device "1003"', 'no such device');
select throws_ok($$ select point_named('here', null, '1001', 'analog-value,9') $$, '22023', 'there is no object analog-value,9 of device "1001"', 'no such object');
select throws_ok($$ select point_named('here', null, null, null) $$, '22023', null, 'nothing is nobody''s name');
select throws_ok($$ select point_named('here', '%') $$, '22023', 'there is no point "%"', 'a name is no pattern');
select throws_ok($$ select point_named(null, 'SAT-SP') $$, '22023', null, 'no site');
select * from finish();
rollback;
