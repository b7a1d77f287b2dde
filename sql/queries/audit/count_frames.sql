-- How many frames of readings and health are in the journal: $1 site
select count(*) from uplink_frames where site_id = $1;
