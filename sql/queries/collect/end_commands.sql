-- How commands of site $1 ended (JSON in $2). May be said again.
select commands_end($1, $2::jsonb);
