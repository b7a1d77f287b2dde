-- What a device no longer has when it is read out again.

alter table point add missing_since timestamptz;
comment on column point.missing_since is 'Its device, read out, has no such object since then; null: it is there. Nothing is deleted by itself';
