-- How site $1 stands at central: invited, joined, revoked or retired.
select state from remote_site where site_id = $1;
