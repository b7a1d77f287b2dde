-- Sites that something waits for, and what came last.
select r.number, max(d.number) as newest from downlink d join remote_site r using (site_id) where d.seq is null group by r.number;
