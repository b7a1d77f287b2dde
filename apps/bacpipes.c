/* bacpipes: one program, whose first argument is the role it plays. */
#include "apps/roles.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *summary;
} roles[] = {
#define ROLE(name, run, summary) {name, run, summary},
#include "apps/roles.def"
#undef ROLE
    {NULL, NULL, NULL},
};

static void print_help(FILE *to)
{
    fprintf(
        to,
        "bacpipes: watches and steers buildings that speak BACnet.\n\nusage: bacpipes ROLE [OPTION]...\n\n");
    for (size_t i = 0; roles[i].name; i++)
        fprintf(to, "  %-10s %s\n", roles[i].name, roles[i].summary);
    fprintf(to,
            "\n`bacpipes ROLE --help` tells more, with examples. To see it all work: bacpipes up --demo\n");
}

int main(int argc, char **argv)
{
    if (argc >= 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)) {
        print_help(stdout);
        return EX_OK;
    }
    if (argc >= 2 && strcmp(argv[1], "--version") == 0) {
        printf("bacpipes %s\n", BACPIPES_VERSION);
        return EX_OK;
    }
    for (size_t i = 0; argc >= 2 && roles[i].name; i++)
        if (strcmp(argv[1], roles[i].name) == 0)
            return roles[i].run(argc - 1, argv + 1);
    if (argc >= 2)
        fprintf(stderr, "bacpipes: there is no role \"%s\"\n\n", argv[1]);
    print_help(stderr);
    return EX_USAGE;
}
