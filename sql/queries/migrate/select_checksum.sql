-- How a migration's text $1 is remembered.
select encode(sha256(convert_to($1, 'UTF8')), 'hex');
