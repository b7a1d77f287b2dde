-- Which points are polled: what a rule matches, which one decides, what is no rule, and what was set by hand.
begin;
select plan(56);
alter table device drop constraint address_is_like_10_1_2_9_or_10_1_2_1_2001_0a; -- addresses that are none serve here

insert into site (site_id, name) values ('here', 'Here'), ('there', 'There');
insert into device (site_id, device_id, address, instance, name, vendor_id) values
    ('here', 1, '10.1.2.9', 1001, 'AHU-1', 7), ('here', 2, '10.1.2.1/2001:0a', 2101, 'VAV_1', 24), ('here', 3, '10.9.0.1:47809', 2102, 'ahu-2', null),
    ('here', 4, '1e1.2.3', 2103, '100%', 7), ('there', 1, '10.1.2.9', 1001, 'AHU-1', 7);

create function chosen(of_device integer, of_type text, of_name text) returns text language sql as $$
    select concat_ws(' ', coalesce(rule::text, 'none'), enabled, poll_interval_ms) from point_choice('rules', 'here', of_device, of_type, of_name) $$;

-- The setting.
select results_eq($$ select * from point_choice('all', 'here', 1, 'analog-input', 'SAT') $$, 'values (null::integer, true, null::integer)', 'all: every point is polled');
select results_eq($$ select * from point_choice('none', 'here', 1, 'analog-input', 'SAT') $$, 'values (null::integer, false, null::integer)', 'none: no point is');
select is(chosen(1, 'analog-input', 'SAT'), 'none f', 'rules, and there are none: no point is');

-- Patterns.
select ok(name_is_like('AHU-1/SAT', 'AHU-1/SAT'), 'a name is like itself');
select ok(name_is_like('AHU-1/SAT', 'ahu-?/*'), '* is any letters, ? is one, whatever their case');
select ok(name_is_like('', '*'), '* is nothing, too');
select ok(not name_is_like('AHU-1/SAT', 'SAT'), 'a pattern is of the whole name');
select ok(not name_is_like('AHU-12', 'AHU-?'), '? is one letter and no more');
select ok(not name_is_like('VAVx1', 'VAV_1'), '_ is itself');
select ok(name_is_like('VAV_1', 'VAV_1') and name_is_like('100%', '100%') and not name_is_like('1000', '100%'), 'so is %');
select ok(name_is_like('a\b', 'a\*') and not name_is_like('a*', 'a\b'), 'and a backslash');
select ok(name_is_like('房间/温度', '房间/*') and name_is_like('房', '?'), 'letters are those of all scripts');

-- Where a device is.
select is(device_ip('10.1.2.9'), '10.1.2.9', 'an address has an IP address');
select is(device_ip('10.1.2.9:47809'), '10.1.2.9', 'with a port too');
select is(device_ip('10.1.2.1/2001:0a'), '10.1.2.1', 'behind a router it is the router''s');
select is(device_ip(address), null, 'what is none is none: ' || address) from unnest('{"", 256.1.1.1, 1e1.2.3, 10.1.2, 10.1.2.9x, nobody}'::text[]) as address;
select is(device_network('10.1.2.1/2001:0a'), 2001, 'a device behind a router is on a network');
select is(device_network('10.1.2.9:47809'), null, 'another is on none');
select is(device_network('10.1.2.1/999999999999:0a'), null, 'what is none is none');

-- Rules.
insert into point_rule (site_id, position, enabled) values ('there', 1, true);
select is(chosen(1, 'analog-input', 'SAT'), 'none f', 'rules of another site are another site''s');
insert into point_rule (site_id, position, point, enabled, poll_interval_ms) values ('here', 20, '*-T', true, 60000);
insert into point_rule (site_id, position, device, enabled) values ('here', 10, 'AHU-*', true);
select is(chosen(1, 'analog-input', 'ZN-T'), '10 t', 'the first that matches decides, whichever was made first');
select is(chosen(2, 'analog-input', 'ZN-T'), '20 t 60000', 'and the next, where the first does not');
select is(chosen(3, 'analog-input', 'x'), '10 t', 'a device goes by its name, whatever its case');
select is(chosen(2, 'analog-input', 'x'), 'none f', 'what no rule matches is not polled');
update point_rule set device = '1001' where position = 10;
select is(chosen(1, 'analog-input', 'x') || ',' || chosen(3, 'analog-input', 'x'), '10 t,none f', 'or by its instance');
update point_rule set device = '21??' where position = 10;
select is(chosen(2, 'analog-input', 'x') || ',' || chosen(3, 'analog-input', 'x'), '10 t,10 t', 'which may be a pattern');
update point_rule set device = null, vendor_id = 24 where position = 10;
select is(chosen(2, 'analog-input', 'x') || ',' || chosen(1, 'analog-input', 'x') || ',' || chosen(3, 'analog-input', 'x'), '10 t,none f,none f', 'vendor; one that is not known is none');
update point_rule set vendor_id = null, object_type = 'binary-*' where position = 10;
select is(chosen(2, 'binary-input', 'x') || ',' || chosen(2, 'analog-input', 'x'), '10 t,none f', 'type of the object');
update point_rule set object_type = null, subnet = '10.1.0.0/16' where position = 10;
select is(chosen(1, 'a', 'x') || ',' || chosen(2, 'a', 'x') || ',' || chosen(3, 'a', 'x') || ',' || chosen(4, 'a', 'x'), '10 t,10 t,none f,none f',
          'subnet, also of the router; an address that is none is in none');
update point_rule set subnet = null, network = 2001 where position = 10;
select is(chosen(1, 'a', 'x') || ',' || chosen(2, 'a', 'x'), 'none f,10 t', 'network behind a router');
update point_rule set device = 'VAV*', object_type = 'analog-input', point = 'ZN*' where position = 10;
select is(chosen(2, 'analog-input', 'ZN-T') || ',' || chosen(2, 'analog-input', 'SAT') || ',' || chosen(2, 'analog-value', 'ZN-T'), '10 t,none f,20 t 60000',
          'all that a rule says must be so');
update point_rule set enabled = false where position = 10;
select is(chosen(2, 'analog-input', 'ZN-T'), '10 f', 'a rule may keep points from being polled, before those that have them polled');

-- What is no rule.
select throws_like($$ insert into point_rule (site_id, position, enabled) values ('here', 0, true) $$, '%"position_is_1_to_1000000"%', 'a position begins at 1');
select throws_ok($$ insert into point_rule (site_id, position, enabled) values ('here', 10, true) $$, '23505', null, 'and is one rule''s');
select throws_ok($$ insert into point_rule (site_id, position, enabled) values ('nowhere', 1, true) $$, '23503', null, 'a rule is of a site');
select throws_ok($$ insert into point_rule (site_id, position) values ('here', 1) $$, '23502', null, 'it says what becomes of the points');
select throws_like($$ insert into point_rule (site_id, position, device, enabled) values ('here', 1, ' ', true) $$, '%"device_is_a_pattern"%', 'no name is like a blank');
select throws_like($$ insert into point_rule (site_id, position, point, enabled) values ('here', 1, '', true) $$, '%"point_is_a_pattern"%', 'nor like nothing');
select throws_like($$ insert into point_rule (site_id, position, object_type, enabled) values ('here', 1, 'Analog Input', true) $$, '%"object_type_is_a_name_or_pattern"%', 'types go by their names');
select throws_like($$ insert into point_rule (site_id, position, vendor_id, enabled) values ('here', 1, 70000, true) $$, '%"vendor_id_is_0_to_65535"%', 'a vendor has 16 bits');
select throws_like($$ insert into point_rule (site_id, position, network, enabled) values ('here', 1, 65535, true) $$, '%"network_is_1_to_65534"%', 'network 65535 is all of them');
select throws_like($$ insert into point_rule (site_id, position, subnet, enabled) values ('here', 1, '10.1.2.9/16', true) $$, 'invalid cidr value%', 'a subnet has no bits behind its mask');
select throws_like($$ insert into point_rule (site_id, position, subnet, enabled) values ('here', 1, 'fe80::/64', true) $$, '%"subnet_is_ipv4"%', 'it is one of IPv4');
select throws_like($$ insert into point_rule (site_id, position, enabled, poll_interval_ms) values ('here', 1, true, 10) $$, '%"interval_is_1s_to_1d"%', 'a second is the shortest interval');
select throws_like($$ insert into point_rule (site_id, position, enabled, poll_interval_ms) values ('here', 1, false, 60000) $$, '%"interval_is_of_points_that_are_polled"%',
                   'what is not polled has none');

-- What was set by hand.
insert into point (site_id, point_id, device_id, object_type, object_instance, chosen_at) values ('here', 1, 1, 'analog-input', 1, now()), ('here', 2, 1, 'analog-input', 2, null);
update point set name = 'SAT', tags = '{}' where point_id = 1;
select isnt((select chosen_at from point where point_id = 1), null, 'a new name is no choice');
update point set enabled = true, poll_interval_ms = null where point_id = 1;
select isnt((select chosen_at from point where point_id = 1), null, 'nor is what was so before');
update point set enabled = false, chosen_at = clock_timestamp() where point_id = 1;
select isnt((select chosen_at from point where point_id = 1), null, 'rules say that they have chosen');
update point set enabled = true where point_id = 1;
select is((select chosen_at from point where point_id = 1), null, 'who does not say so has set it by hand');
update point set chosen_at = now() where point_id = 1;
update point set poll_interval_ms = 5000 where point_id = 1;
select is((select chosen_at from point where point_id = 1), null, 'the interval too');
select is((select poll_interval_ms from points where point_id = 1), 5000, 'points are shown with their intervals');

select * from finish();
rollback;
