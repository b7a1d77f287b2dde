-- What became of the change $1 that a site was asked for.
select outcome, text, given_at is not null from change where id = $1::uuid;
