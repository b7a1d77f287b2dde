/* bacpipes account: who may read, and ask for commands at, the broker of `bacpipes up` from other machines.
 */
#include "apps/account/account.h"

#include "apps/roles.h"
#include "say/parts.h"
#include "site/accounts.h"
#include "site/owner.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const SayPart parts[] = {
    {"list", "lists the accounts, and where they reach the broker", account_list},
    {"add", "adds one, and shows its password once", account_add},
    {"remove", "removes one", account_remove},
};
static const SayParts tool = {
    .tool = "bacpipes account",
    .parts = parts,
    .count = sizeof parts / sizeof parts[0],
    .text = "For Node-RED, Home Assistant and others on another machine: they read topics, and with --writes "
            "ask for "
            "commands.\nThe broker that `bacpipes up` runs listens for them where settings broker.address, "
            "broker.certificate "
            "and broker.key say.\n\n"
            "Examples:\n\n"
            "  bacpipes account add nodered\n"
            "  bacpipes account list\n"
            "  bacpipes account remove nodered\n"
            "\n`bacpipes account add --help` tells more, with further examples.\n",
};

const char *account_door(const Cfg *cfg, BpArena *arena)
{
    char text[512];
    if (*cfg->broker_address)
        snprintf(text, sizeof text, "The broker listens for them at %s, port %" PRId64 ", %s.",
                 cfg->broker_address, cfg->broker_port, cfg->broker_tls ? "with TLS" : "without TLS");
    else
        snprintf(text, sizeof text,
                 "They reach it nowhere yet: start `bacpipes up` with --set broker.address=..., "
                 "broker.certificate and broker.key (docs/operating.md).");
    return bp_arena_text(arena, bp_str(text));
}

BpStatus account_open_folder(const char *data_folder, BpArena *arena, const char **ret_folder, BpError *err)
{
    *ret_folder = site_accounts_folder(data_folder, arena);
    BP_TRY(site_become_owner(data_folder, err));
    const char *secrets = bp_arena_text(arena, (BpStr){*ret_folder, strlen(*ret_folder) - strlen("/broker")});
    if (access(secrets, F_OK) == 0)
        return BP_OK;
    return bp_fail(err, BP_NOT_FOUND,
                   "%s is no data folder of a site: start `bacpipes up` there once, or name another one with "
                   "--data",
                   data_folder);
}

int account_main(int argc, char **argv)
{
    return say_parts_run(&tool, argc, argv);
}
