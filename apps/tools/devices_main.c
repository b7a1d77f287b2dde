/* bacpipes device: the devices that the database knows. */
#include "apps/tools/devices.h"

#include "apps/roles.h"

#include <stdio.h>
#include <sysexits.h>

static const struct {
    const char *name;
    int (*run)(int argc, char **argv, BpArena *arena);
    const char *summary;
} parts[] = {
    {"list", tools_devices_list, "lists devices: where they are, how they are"},
    {"replace", tools_devices_replace,
     "gives a device's points and history to the controller that took its place"},
};
enum { PARTS = sizeof parts / sizeof parts[0] };

static int print_parts(FILE *to, int code)
{
    fprintf(to, "usage: bacpipes device list|replace [OPTION]...\n\n");
    for (size_t i = 0; i < PARTS; i++)
        fprintf(to, "  %-7s  %s\n", parts[i].name, parts[i].summary);
    fprintf(to, "\nExamples:\n\n"
                "  bacpipes device list\n"
                "  bacpipes device replace AHU-1 --by 2108\n"
                "\n`bacpipes device replace --help` tells more, with further examples.\n");
    return code;
}

int tools_devices_main(int argc, char **argv)
{
    BpArena arena = {0};
    for (size_t i = 0; argc >= 2 && i < PARTS; i++)
        if (strcmp(argv[1], parts[i].name) == 0) {
            const int code = parts[i].run(argc - 1, argv + 1, &arena);
            bp_arena_done(&arena);
            return code;
        }
    const bool help = argc >= 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0);
    return help ? print_parts(stdout, EX_OK) : print_parts(stderr, EX_USAGE);
}
