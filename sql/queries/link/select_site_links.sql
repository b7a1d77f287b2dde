-- The sites that central has, or had.
select r.site_id, s.name, r.number, r.state,
       (select max(q.until) from site_request q where q.serial = any (r.serials)) as certificate_until,
       (select i.until from site_invitation i where i.site_id = r.site_id and i.used_at is null and i.ended_at is null and i.until > now() order by i.id desc limit 1) as file_until,
       r.seen_at
  from remote_site r join site s using (site_id) order by r.site_id collate natural_order;
