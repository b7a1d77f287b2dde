-- How things stand at the site becomes part of the present life of its journal, once.
select link_prepare($1);
