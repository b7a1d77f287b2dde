-- Hears what is said in the channels of all sites, and by whom.
select sites_listen();
