-- Takes back command $2 of site $1, for whom this transaction acts.
select c.outcome, c.text, (c.command).* from web_command_cancel($1, $2::uuid, null) as c;
