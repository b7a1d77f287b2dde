-- Takes source $1 and its login away; one that has asked before stays, and is off.
select source_remove($1);
