-- How site $1 is, for the eye: readings since $2, all readings as the statistics count them, and the newest.
select (select count(*) from device where site_id = $1),
       (select count(*) from point where site_id = $1),
       (select count(*) from sensor_readings where site_id = $1 and time >= $2 and time <= now() + readings_ahead()),
       readings_about(),
       extract(epoch from now() - readings_newest($1)),
       (select count(*) from device_status where site_id = $1 and state = 'offline'),
       (select share from past_progress where site_id = $1),
       (select laid_from from past_progress where site_id = $1);
