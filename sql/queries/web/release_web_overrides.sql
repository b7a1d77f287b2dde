-- Asks for a release of each of $1, an array of requests, for whom this transaction acts; how each was answered, in their order.
select i.request ->> 'point_id', coalesce((i.request ->> 'priority')::integer, 8), a.outcome, a.rule, a.text, (a.command).id
  from jsonb_array_elements($1::jsonb) with ordinality as i (request, place) cross join lateral web_command_ask(i.request) as a
 order by i.place;
