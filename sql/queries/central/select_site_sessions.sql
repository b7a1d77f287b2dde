-- Processes of sessions of sites whose memory is to be looked at: those that do something, and of the others every tenth, in turn $1.
select site_sessions($1);
