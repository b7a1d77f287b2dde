-- Sets $2 of site $1 to $3 (null: its default), where its version is $4, for whom this transaction acts. The last column is what waits for a site elsewhere.
select outcome, version, value, change_asked()::text from setting_change($1, $2, $3, $4);
