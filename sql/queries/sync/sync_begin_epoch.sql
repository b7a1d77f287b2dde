-- At central: a life of our journal that it has nothing of.
select sync.begin_epoch($1, $2, $3, $4::bytea);
