/* bacpipes device: the devices that the database knows. */
#include "apps/query/device.h"

#include "apps/roles.h"
#include "say/parts.h"

static const SayPart parts[] = {
    {"list", "lists devices: where they are, how they are", query_device_list},
    {"replace", "gives a device's points and history to the controller that took its place",
     query_device_replace},
};
static const SayParts tool = {
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
    return say_parts_run(&tool, argc, argv);
}
