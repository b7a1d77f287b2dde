/* bacpipes ede: a site's devices and points to Engineering Data Exchange files, and from them. */
#include "apps/ede/site.h"

#include "apps/roles.h"
#include "say/parts.h"

static const SayPart parts[] = {
    {"export", "writes devices and points of the database to an EDE file", ede_export},
    {"import", "takes devices and points from an EDE file into the database", ede_import},
};
static const SayParts tool = {
    .tool = "bacpipes ede",
    .parts = parts,
    .count = sizeof parts / sizeof parts[0],
    .text = "EDE is BIG-EU's Engineering Data Exchange, CSV in layout 2.3. Examples:\n\n"
            "  bacpipes ede export --output site.csv\n"
            "  bacpipes ede import site.csv --states site_StateTexts.csv --dry-run\n"
            "\n`bacpipes ede import --help` tells more, with further examples.\n",
};

int ede_main(int argc, char **argv)
{
    return say_parts_run(&tool, argc, argv);
}
