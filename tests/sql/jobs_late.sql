-- A job whose time is over: nobody waits for a word of it any more.
begin;
select plan(3);
insert into site (site_id, name) values ('here', 'Here');
insert into job (site_id, kind, request, asked_by, address, expires_at, status, taken_at) select 'here', kind, '{}', 'mina', '', clock_timestamp() + interval '1 min', 'executing', now() from job_kind where kind = 'prove-audit';
select id as late from job \gset
select ok(job_tell(:'late', 0.25), 'while there is time, it is told how far it is');
update job set expires_at = clock_timestamp() - interval '1 s';
select ok(not job_tell(:'late', 0.5), 'behind its time whoever does it is told to stop');
select is((select progress from job), 0.25::double precision, 'and what it says is not taken');
select * from finish();
rollback;
