-- How much is in quarantine, and how much went for want of room, of site $1 (null: all).
select coalesce(sum(entries), 0), coalesce(sum(octets), 0), coalesce(sum(dropped), 0), coalesce(sum(dropped_readings), 0), max(dropped_at)
  from ingest_quarantine_total where $1::text is null or site_id = $1;
