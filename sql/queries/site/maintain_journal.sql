-- One step of keeping the journal in shape at $1; $2: the disk is nearly full. What there is to tell, or null.
select journal_maintain($1, $2);
