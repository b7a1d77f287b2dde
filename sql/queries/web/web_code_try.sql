-- Counts a code of the second factor whose password was right: seconds to wait; 0: it is looked at. $1: user.
select access_code_try($1::integer);
