/* bacpipes: one program, whose first argument is the role it plays. */
#include "apps/roles.h"
#include "say/exit.h"
#include "say/parts.h"

#include <stdio.h>
#include <string.h>

static const SayPart roles[] = {
#define ROLE(name, run, summary) {name, summary, run},
#include "apps/roles.def"
#undef ROLE
};

static const SayParts program = {
    .tool = "bacpipes",
    .word = "role",
    .title = "bacpipes: watches and steers buildings that speak BACnet.",
    .parts = roles,
    .count = sizeof roles / sizeof roles[0],
    .text =
        "`bacpipes ROLE --help` tells more, with examples; `bacpipes version` which one this is. To see it "
        "all\nwork: bacpipes up --simulate\n",
};

int main(int argc, char **argv)
{
    if (argc == 2 && (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "version") == 0)) {
        printf("bacpipes %s\n", BACPIPES_VERSION);
        return say_end("bacpipes", EX_OK);
    }
    return say_end("bacpipes", say_parts_run(&program, argc, argv));
}
