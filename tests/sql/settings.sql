-- Wrong rows in table setting are refused, with what would be right. That the database says what the programs say is shown by
-- tests/flow/settings.bats.
begin;
select plan(18);
insert into site (site_id, name) values ('demo', 'Demo');
prepare set_to (text, text) as insert into setting (site_id, name, value) values ('demo', $1, $2);

select lives_ok($$ execute set_to('poll.interval', '20s') $$, 'a right one is taken');
select lives_ok($$ execute set_to('poll.window', E'\t 2 \n') $$, 'with white space around it, as the programs take it');
select throws_ok($$ execute set_to('poll.intervall', '5s') $$, '22023', 'there is no setting "poll.intervall": did you mean poll.interval?', 'an unknown name is told the nearest');
select throws_ok($$ execute set_to('weather', 'fine') $$, '22023', 'there is no setting "weather"', 'or none');
select throws_ok($$ execute set_to('', '') $$, '22023', 'there is no setting ""', 'no name is none');
select throws_ok($$ execute set_to('log.level', 'info') $$, '22023', 'log.level belongs to each process: set it in the configuration file', 'one of a process is told where it goes');
select throws_ok($$ update setting set value = '5' where name = 'poll.interval' $$, '22023', 'poll.interval = 5 has no unit: write 5s, 5min, 5h or 5d', 'an update is looked at, too');
select throws_ok($$ update setting set name = 'poll.wnidow' where name = 'poll.window' $$, '22023', null, 'of the name as well');
select throws_ok($$ insert into setting (site_id, name, value) values ('demo', 'poll.interval', '1') on conflict (site_id, name) do update set value = excluded.value $$,
                 '22023', null, 'and what is put over a row');
select results_eq($$ select name, value from setting order by name $$, $$ values ('poll.interval', '20s'), ('poll.window', E'\t 2 \n') $$, 'what was there stays');

-- Of a database that had wrong rows before.
alter table setting disable trigger check_setting;
execute set_to('poll.trunk_rate', 'many');
execute set_to('poll.old', '7');
alter table setting enable trigger check_setting;
select lives_ok($$ update setting set updated_by = 'anna' where name = 'poll.old' $$, 'a wrong row that is there may be touched');
select lives_ok($$ update setting set value = '50' where name = 'poll.trunk_rate' $$, 'mended');
select lives_ok($$ delete from setting where name = 'poll.old' $$, 'and deleted');

select is_empty($$ select name, fallback, setting_problem(name, fallback) from setting_kind where setting_problem(name, fallback) is not null $$, 'each default is a right value');
select is_empty($$ select kind from setting_kind where range !~ '^[a-z]+(, [a-z]+)* or [a-z]+$'
                      and kind not in ('TEXT', 'PATH', 'IDENTIFIER', 'IPV4', 'NODES', 'ADDRESSES', 'INTEGER', 'DURATION', 'SIZE', 'BOOL') $$,
                'there is no kind that goes unchecked: a new one needs a migration that has it in setting_problem');
set local role bacpipes_owner;
select lives_ok($$ update setting set value = '25s' where name = 'poll.interval' $$, 'the tools'' account sets settings');
select throws_ok($$ update setting_kind set maximum = 10 $$, '42501', null, 'and not what they may be');
reset role;
delete from setting_kind;
select lives_ok($$ execute set_to('anything', 'goes') $$, 'a database that nobody has told the settings refuses none');
select * from finish();
rollback;
