-- Whoever this transaction acts for may invite, rename and shut out sites.
select web_must(null, 'manage_sites')
