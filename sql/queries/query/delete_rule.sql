-- Takes the rule of site $1 at $2 away. No row: there is none.
delete from point_rule where site_id = $1 and position = $2::integer returning position;
