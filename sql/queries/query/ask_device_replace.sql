-- Asks site $1, which is elsewhere, to have its device $3 take the place of device $2. The id of the change that waits.
select change_ask($1, 'device', jsonb_build_object('replace', $2::integer, 'by', $3::integer));
