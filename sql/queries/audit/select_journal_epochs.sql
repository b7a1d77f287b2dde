-- The epochs of a site's journal, in the order in which they began. $1 site
with recursive epochs as (
    (select epoch from uplink_record where site_id = $1 order by epoch limit 1)
     union all
    select (select u.epoch from uplink_record u where u.site_id = $1 and u.epoch > e.epoch order by u.epoch limit 1) from epochs e where e.epoch is not null)
select epoch from epochs,
       lateral (select at from uplink_record u where u.site_id = $1 and u.epoch = epochs.epoch order by u.seq limit 1) as first
 where epoch is not null order by first.at, epoch;
