/* bacpipes job: has the site's collector look, here or from its central. */
#include "apps/job/job.h"

#include "apps/roles.h"
#include "say/parts.h"

static const SayPart parts[] = {
    {"discover", "has the collector look for devices now, or read one out anew", job_discover},
    {"doctor", "says what is wrong with the network, from where the collector is", job_doctor},
    {"list", "lists what was asked for in the last hour, and how far it is", job_list},
};
static const SayParts tool = {
    .tool = "bacpipes job",
    .parts = parts,
    .count = sizeof parts / sizeof parts[0],
    .text = "What is asked of a site's collector beyond commands. At a central, --site says of which site; "
            "what is asked waits "
            "for it.\n`bacpipes discover` and `bacpipes doctor` look from this machine, without the "
            "collector.\n\n"
            "Examples:\n\n"
            "  bacpipes job discover\n"
            "  bacpipes job discover --device 1001 --site macau\n"
            "  bacpipes job doctor --site macau\n"
            "  bacpipes job list\n"
            "\n`bacpipes job discover --help` tells more, with further examples.\n",
};

int job_main(int argc, char **argv)
{
    return say_parts_run(&tool, argc, argv);
}
