-- Device $3 of site $1 takes the place of device $2: see device_replace.
select points_kept, points_added, points_missing, readings_moved from device_replace($1, $2::integer, $3::integer);
