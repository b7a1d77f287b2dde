-- The source of commands that account $1 of the broker is ($2: its note), where there is none yet. A program: it says when what it writes ends.
select case when not exists (select from command_source where name = $1 and kind = 'mqtt' and enabled) then source_add($1, 'mqtt', true, 8, null, 60, $2) end;
