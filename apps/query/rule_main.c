/* bacpipes rule: which of the points that are found are polled. */
#include "apps/query/rule.h"

#include "apps/roles.h"
#include "say/parts.h"

static const SayPart parts[] = {
    {"list", "lists the rules in their order", query_rule_list},
    {"add", "adds a rule", query_rule_add},
    {"remove", "takes a rule away", query_rule_remove},
    {"try", "shows what would be polled by the rules, and what that asks of devices and networks",
     query_rule_try},
    {"apply", "makes the points that are known what the rules say", query_rule_apply},
};
static const SayParts tool = {
    .tool = "bacpipes rule",
    .parts = parts,
    .count = sizeof parts / sizeof parts[0],
    .text = "Where setting points.enable is `rules`, the first rule that a found point matches says whether "
            "it is polled.\n"
            "A point that matches none is not. Rules change no point that is known: `apply` does that.\n\n"
            "Examples:\n\n"
            "  bacpipes rule add --enable --type 'analog-*' --device 'AHU-*'\n"
            "  bacpipes rule add --enable --point '*-T' --interval 5min\n"
            "  bacpipes rule try\n"
            "  bacpipes rule apply --yes\n"
            "\n`bacpipes rule add --help` tells more, with further examples.\n",
};

int query_rule_main(int argc, char **argv)
{
    return say_parts_run(&tool, argc, argv);
}
