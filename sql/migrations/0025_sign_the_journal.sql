-- What the collector reads of the journal, to sign it: it verifies each entry before it signs for it.

create function journal_unsigned(of_site text, known_epoch bigint, signed_seq bigint, out epoch bigint, out seq bigint, out is_unsigned boolean)
       language sql stable as $$
    select h.epoch, h.record_seq,
           exists (select from uplink_record u
                    where u.site_id = h.site_id and u.epoch = h.epoch and u.kind <> 'checkpoint'
                      and u.seq > case when h.epoch = known_epoch then signed_seq else 0 end)
      from journal_head h where h.site_id = of_site
$$;
comment on function journal_unsigned is 'Where the journal stands, and whether there are records behind what was signed: checkpoints alone do not count.';

create function journal_records(of_site text, of_epoch bigint, behind_seq bigint, at_most integer)
       returns table (seq bigint, kind text, at timestamptz, body bytea, digest bytea) language sql stable as $$
    select u.seq, u.kind, u.at, u.body, u.digest from uplink_record u
     where u.site_id = of_site and u.epoch = of_epoch and u.seq > behind_seq order by u.seq limit at_most
$$;
comment on function journal_records is 'The next records of an epoch, as they are.';

create function journal_last_checkpoint(of_site text, of_epoch bigint) returns bytea language sql stable as $$
    select u.body from uplink_record u where u.site_id = of_site and u.epoch = of_epoch and u.kind = 'checkpoint' order by u.seq desc limit 1
$$;
comment on function journal_last_checkpoint is 'The body of the newest checkpoint of an epoch; null: there is none.';
