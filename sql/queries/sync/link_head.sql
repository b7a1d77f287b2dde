-- The journal's last entry.
select epoch, seq from link_head($1);
