-- Where devices answer whose instance is in $1 to $2, at most $3: for tools that cannot hear broadcasts.
select address from device where instance between $1 and $2 and enabled and replaced_since is null order by site_id, device_id limit $3;
