-- Keys that sites have signed with and of which nothing was said yet.
select site_id, number, key, how, former, encode(body, 'hex') from site_keys_untold();
