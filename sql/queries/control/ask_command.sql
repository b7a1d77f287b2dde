-- Asks for a command ($1: what docs/protocol.md calls a request). No row: refused, and one of too many to be kept.
select id, status, error_message from command_ask($1::jsonb);
