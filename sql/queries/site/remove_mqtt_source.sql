-- Account $1 of the broker is no source of commands any more.
select source_remove(name) from command_source where name = $1 and name <> 'mqtt' and kind = 'mqtt';
