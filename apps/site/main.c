/* bacpipes site, and its parts. */
#include "apps/roles.h"
#include "apps/site/site.h"
#include "say/parts.h"

static const SayPart parts[] = {
    {"add", "at central: makes the join file of a site", site_tool_add},
    {"join", "at a site: joins central by that file", site_tool_join},
    {"list", "at central: lists the sites, and how long their certificates are good", site_tool_list},
    {"renew", "at a site: has its certificate renewed now", site_tool_renew},
    {"revoke", "at central: shuts a site out, until it comes with a new join file", site_tool_revoke},
    {"rename", "at central: changes what people call a site", site_tool_rename},
    {"retire", "at central: shuts a site out for good, and keeps what it recorded", site_tool_retire},
    {"sign", "at central: signs what sites have asked for, where `bacpipes central` does not run",
     site_tool_sign},
};

static const SayParts tool = {
    .tool = "bacpipes site",
    .parts = parts,
    .count = sizeof parts / sizeof parts[0],
    .text = "A site joins central by a file that is made there, and is good for 7 days and one site. Its key "
            "is made at the site and\n"
            "never leaves it. docs/sites.md shows all of it.\n\n"
            "Examples:\n\n"
            "  bacpipes site add macau --name 'Macau tower'     (at central)\n"
            "  bacpipes site join macau.join                    (at the site)\n"
            "  bacpipes site list                               (at central)\n"
            "\n`bacpipes site add --help` tells more, with further examples.\n",
};

int site_main(int argc, char **argv)
{
    return say_parts_run(&tool, argc, argv);
}
