-- A site that is named in the settings is one, from then on: $1 site_id.
insert into site (site_id, name) values ($1, $1) on conflict (site_id) do nothing;
