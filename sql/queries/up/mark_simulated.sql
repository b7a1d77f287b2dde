-- The building of site $1 is simulated, and whoever is shown it is told so.
update site set is_simulated = true where site_id = $1 and not is_simulated;
