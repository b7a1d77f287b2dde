-- A commit waits for the disk, whatever the server's default: what is announced as stored is forgotten by the collector. Defaults that wait longer, for a standby, stay.
select set_config('synchronous_commit', case current_setting('synchronous_commit') when 'off' then 'on' else current_setting('synchronous_commit') end, false);
