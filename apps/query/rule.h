/* `bacpipes rule`: its parts. */
#ifndef QUERY_RULE_H
#define QUERY_RULE_H

int query_rule_list(int argc, char **argv);
int query_rule_add(int argc, char **argv);
int query_rule_remove(int argc, char **argv);
int query_rule_try(int argc, char **argv);
int query_rule_apply(int argc, char **argv);

#endif
