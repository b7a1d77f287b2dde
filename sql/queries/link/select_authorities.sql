-- Whom to trust as central.
select sync.authorities()
