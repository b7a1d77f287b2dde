-- The building of site $1 is simulated, in climate $2, and whoever is shown it is told so, in the time of that place where nobody has chosen another.
update site s set is_simulated = true, timezone = case s.timezone when 'UTC' then coalesce(place.zone, 'UTC') else s.timezone end
  from (select max(n.name) from (values ('lisbon', 'Europe/Lisbon'), ('macau', 'Asia/Macau'), ('kuala-lumpur', 'Asia/Kuala_Lumpur')) as known (climate, zone)
          join pg_timezone_names n on n.name = known.zone where known.climate = $2) as place (zone)
 where s.site_id = $1 and (not s.is_simulated or (s.timezone = 'UTC' and place.zone is not null));
