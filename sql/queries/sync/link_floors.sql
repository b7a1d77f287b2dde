-- Numbers of devices and points that central knows are not given again.
select link_floors($1, $2, $3);
