-- Takes back change $2 of site $1, where the site has not got it.
select c.outcome, c.text from change_cancel($1, $2::uuid) as c;
