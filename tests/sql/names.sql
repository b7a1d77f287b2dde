-- Sites, devices and points: what may not be, and who is told of changes.
begin;
select plan(20);

select throws_ok($$ insert into site (site_id, name) values ('Not OK', 'x') $$, '23514', null, 'a site_id is of a-z 0-9 _ -');
insert into site (site_id, name) values ('here', 'Here'), ('there', 'There');
insert into device (site_id, device_id, address, instance, name) values ('here', 1, '10.0.0.1', 77, 'AHU-1');
select throws_ok($$ insert into device (site_id, device_id, address, instance) values ('nowhere', 1, '10.0.0.1', 1) $$, '23503', null,
                 'a device is of a site');
select throws_ok($$ insert into device (site_id, device_id, address, instance) values ('here', 2, '10.0.0.1', 78) $$, '23505', null,
                 'an address is one device');
select lives_ok($$ insert into device (site_id, device_id, address, instance) values ('here', 2, '10.0.0.2', 77) $$,
                'an instance may be two devices: real sites have that');
select lives_ok($$ insert into device (site_id, device_id, address, instance) values ('there', 1, '10.0.0.1', 77) $$,
                'another site has devices of its own');
select throws_ok($$ insert into device (site_id, device_id, address, instance) values ('here', 3, '10.0.0.3', 4194304) $$, '23514', null,
                 'an instance has 22 bits');
select throws_ok($$ update device set poll_interval_ms = 999 where site_id = 'here' $$, '23514', null, 'a second is the shortest interval');
insert into point (site_id, point_id, device_id, object_type, object_instance, name)
     values ('here', 1, 1, 'analog-input', 1, 'SAT');
select throws_ok($$ insert into point (site_id, point_id, device_id, object_type, object_instance)
                     values ('here', 2, 1, 'analog-input', 1) $$, '23505', null, 'a property of an object is one point');
select lives_ok($$ insert into point (site_id, point_id, device_id, object_type, object_instance, property)
                     values ('here', 2, 1, 'analog-input', 1, 'cov-increment') $$, 'another property is another point');
select throws_ok($$ insert into point (site_id, point_id, device_id, object_type, object_instance)
                     values ('here', 3, 9, 'analog-input', 1) $$, '23503', null, 'a point is of a device');
select is((select writable from point where site_id = 'here' and point_id = 1), false, 'nothing may be written until somebody says so');
select throws_ok($$ delete from device where site_id = 'here' and device_id = 1 $$, '23503', null, 'a device with points stays');
select is(next_point_id('here'), 3, 'the next point_id follows the largest');
select is(next_point_id('there'), 1, 'and begins at 1 in each site');
select is(next_device_id('here'), 3, 'so does the next device_id');
select throws_ok($$ insert into mqtt_config (site_id, host, port) values ('here', 'x', 0) $$, '23514', null, 'a port is from 1 to 65535');
select throws_ok($$ insert into setting (site_id, name, value) values ('nowhere', 'poll.interval', '15s') $$, '23503', null,
                 'a setting is of a site');
select throws_ok($$ insert into device_status (site_id, device_id, state) values ('here', 1, 'sleepy') $$, '23514', null,
                 'a device is online, offline, replaced or unknown');

-- What is no address is refused when it is written.
create function may_be_at(said text) returns boolean language plpgsql as $$
begin
    update device set address = said where site_id = 'here' and device_id = 1;
    return true;
exception when check_violation then
    return false;
end
$$;
select is(array(select said from unnest(array['nonsense', '', '10.1.2', '10.1.2.256', '10.1.2.9:0', '10.1.2.9:65536', '10.1.2.9/2001', '10.1.2.9/0:01', '10.1.2.9/65535:01', '10.1.2.9/2001:0', '10.1.2.9 ', '10.1.2.9/2001:0102030405060708']) as said where may_be_at(said)), '{}', 'no address, no device');
select is(array(select said from unnest(array['10.1.2.9', '10.1.2.9:47809', '10.1.2.1/2001:0a', '10.1.2.1:65535/65534:0A0b0c0d0e0f01', '255.255.255.255', '0.0.0.1:1/1:00']) as said where not may_be_at(said)), '{}', 'addresses as the collector has them');

select * from finish();
rollback;
