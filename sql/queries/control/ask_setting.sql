-- Asks site $1, which is elsewhere, to set its setting $2 to $3. The id of the change that waits; null: it is so already.
select case c.outcome when 'waiting' then current_setting('bacpipes.change') end from setting_change($1, $2, $3, '*') as c;
