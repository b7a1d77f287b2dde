-- The collector of site $1 begins: what another had taken up has failed.
select jobs_begin($1, 'collect');
