-- How framing the readings of site $1 stands: epoch (null: it has joined no central), laid_until, held_until, is_laid, is_due.
select epoch, laid_until, held_until, is_laid, is_due from frames_begin($1);
