-- Ends sessions of sources that sit in a transaction and could hold others up.
select sources_end_idle();
