/* bacpipes device: the devices that the database knows. */
#include "site/devices.h"

#include "apps/roles.h"
#include "config/parts.h"

static const CfgPart parts[] = {
    {"list", "lists devices: where they are, how they are"},
    {"replace", "gives a device's points and history to the controller that took its place"},
};
static int (*const runs[])(int argc, char **argv, BpArena *arena) = {query_device_list, query_device_replace};
static const CfgParts tool = {
    .tool = "bacpipes device",
    .parts = parts,
    .count = sizeof parts / sizeof parts[0],
    .text = "Examples:\n\n"
            "  bacpipes device list\n"
            "  bacpipes device replace AHU-1 --by 2108\n"
            "\n`bacpipes device replace --help` tells more, with further examples.\n",
};

int query_device_main(int argc, char **argv)
{
    BpArena arena = {0};
    int code;
    const int part = cfg_choose_part(&tool, argc, argv, &code);
    if (part != CFG_NO_PART)
        code = runs[part](argc - 1, argv + 1, &arena);
    bp_arena_done(&arena);
    return code;
}
