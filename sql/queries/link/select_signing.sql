-- What central is to sign, and whose certificates it is to list as of no more use.
select id, purpose, site_id, number, request from site_requests()
union all
select null, 'revoke', site_id, number, null from site_revocations()
order by id nulls last
