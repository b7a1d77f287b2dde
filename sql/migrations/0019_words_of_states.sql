-- Present values that are an enumeration of the standard's (ASHRAE 135, clause 21), which counts from 0, have words, too: those of life safety points
-- and zones, load controls, timers, binary lighting outputs and doors. Only a multi-state value counts from 1.

create or replace function state_text(object_type text, states text[], value double precision) returns text language sql immutable parallel safe
    return case when value <> floor(value) or value < 0 or value > cardinality(states) then null
                when object_type like 'multi-state%' then states[value::integer]
                when object_type like 'binary%' or object_type like 'life-safety-%' or object_type in ('load-control', 'timer', 'access-door')
                then states[value::integer + 1] end;

comment on function state_text is 'Of a multi-state value, which counts from 1, or a binary or enumerated one, from 0; null for all others and where there is no such state.';
