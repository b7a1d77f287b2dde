/* bacpipes ede: a site's devices and points to Engineering Data Exchange files, and from them. */
#include "apps/tools/ede_site.h"

#include "apps/roles.h"

#include <stdio.h>
#include <sysexits.h>

static const struct {
    const char *name;
    int (*run)(int argc, char **argv, BpArena *arena);
    const char *summary;
} parts[] = {
    {"export", tools_ede_export, "writes devices and points of the database to an EDE file"},
    {"import", tools_ede_import, "takes devices and points from an EDE file into the database"},
};
enum { PARTS = sizeof parts / sizeof parts[0] };

static int print_parts(FILE *to, int code)
{
    fprintf(to, "usage: bacpipes ede export|import [OPTION]...\n\n");
    for (size_t i = 0; i < PARTS; i++)
        fprintf(to, "  %-6s  %s\n", parts[i].name, parts[i].summary);
    fprintf(to, "\nEDE is BIG-EU's Engineering Data Exchange, CSV in layout 2.3. Examples:\n\n"
                "  bacpipes ede export --output site.csv\n"
                "  bacpipes ede import site.csv --states site_StateTexts.csv --dry-run\n"
                "\n`bacpipes ede import --help` tells more, with further examples.\n");
    return code;
}

int tools_ede_main(int argc, char **argv)
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
