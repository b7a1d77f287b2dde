-- Asks central to sign request $1, for the certificate that follows ours; null: not yet.
select sync.renew($1)
