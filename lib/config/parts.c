#include "config/parts.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

static void print_parts(const CfgParts *parts, FILE *to)
{
    size_t widest = 0;
    fprintf(to, "usage: %s ", parts->tool);
    for (size_t i = 0; i < parts->count; i++) {
        const size_t width = strlen(parts->parts[i].name);
        widest = width > widest ? width : widest;
        fprintf(to, "%s%s", i ? "|" : "", parts->parts[i].name);
    }
    fprintf(to, " [OPTION]...\n\n");
    for (size_t i = 0; i < parts->count; i++)
        fprintf(to, "  %-*s  %s\n", (int)widest, parts->parts[i].name, parts->parts[i].summary);
    fprintf(to, "\n%s", parts->text);
}

int cfg_parts_run(const CfgParts *parts, int argc, char **argv)
{
    for (size_t i = 0; argc >= 2 && i < parts->count; i++)
        if (strcmp(argv[1], parts->parts[i].name) == 0)
            return parts->parts[i].run(argc - 1, argv + 1);
    const bool help = argc >= 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0);
    if (!help && argc >= 2)
        fprintf(stderr, "%s: there is no part \"%s\"\n\n", parts->tool, argv[1]);
    print_parts(parts, help ? stdout : stderr);
    return help ? EX_OK : EX_USAGE;
}
