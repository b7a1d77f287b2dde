-- Asks for command $1, an object as docs/protocol.md ("Commands of the web") has it, for whom this transaction acts.
select a.outcome, a.rule, a.text, (a.command).* from web_command_ask($1::jsonb) as a;
