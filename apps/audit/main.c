/* bacpipes audit: the journal in sentences, whether it is whole, and the key that it is signed with. */
#include "apps/audit/audit.h"

#include "apps/roles.h"
#include "io/sign/key_file.h"
#include "model/topic.h"
#include "say/begin.h"
#include "say/exit.h"
#include "say/json.h"
#include "site/owner.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool is_renewed;

static const CfgOption key_options[] = {
    {"renew", NULL,
     "Make another key. The collector takes it over within seconds, and the one that was signs for it.",
     .flag = &is_renewed},
    {0},
};

static const CfgCommand key_command = {
    .name = "bacpipes audit key",
    .summary = "Shows the public half of the key that the journal is signed with. Give it to whoever is to "
               "verify the "
               "journal elsewhere, as the file journal.pub of the data folder.",
    .options = key_options,
    .offers_json = true,
    .details =
        "With --renew the former key's public half stays in the data folder (journal.pub.*), for what "
        "it has signed. Where\n"
        "somebody else may have the secret half, that is no help: who has it can sign as well. Have the "
        "site join its central\n"
        "anew then, with another key.\n"
        "As root it makes the key as the data folder's owner. A central has none: each of its sites has "
        "one.\n"
        "Exit codes: 0 shown; 1 there is none yet; 64 wrong use; 69 there is no such folder; 78 a setting is "
        "wrong.\n",
    .examples = "bacpipes audit key\nbacpipes audit key >journal.pub\nbacpipes audit key --renew",
};

static BpStatus refuse_central(const Cfg *cfg, BpError *err)
{
    if (strcmp(cfg->site, MDL_SITE_CENTRAL) != 0)
        return BP_OK;
    return bp_fail(err, BP_INVALID,
                   "%s is the folder of a central, which signs nothing: each of its sites has a key of its "
                   "own. Run this there, or name a site's folder with --data",
                   cfg->data_folder);
}

/* The collector, who is to read what is made, is the folder's owner. */
static BpStatus enter_folder(const Cfg *cfg, BpError *err)
{
    if (access(cfg->data_folder, F_OK) != 0)
        return errno == ENOENT
                   ? bp_fail(err, BP_UNAVAILABLE,
                             "there is no folder %s: `bacpipes up` makes it, or name another with --data",
                             cfg->data_folder)
                   : bp_fail(err, BP_UNAVAILABLE, "%s: %s", cfg->data_folder, bp_errno_text(errno));
    return site_become_owner(cfg->data_folder, err);
}

/* The collector takes it over: only it knows where the journal stands. */
static int renew_key(const CfgArguments *arguments, const Cfg *cfg)
{
    BpError err;
    SignKey *key = NULL;
    bool is_new = false;
    char path[4200], text[2 * SIGN_PUBLIC_SIZE + 1];
    snprintf(path, sizeof path, "%.4096s/secrets/journal.next", cfg->data_folder);
    if (enter_folder(cfg, &err) != BP_OK)
        return say_fail(key_command.name, &err);
    if (sign_key_file_open(path, &key, &is_new, &err) != BP_OK)
        return say_fail_with(SAY_NOTHING, key_command.name, bp_str(err.text));
    (void)sign_hex(sign_key_public(key), SIGN_PUBLIC_SIZE, text);
    sign_key_free(key);
    if (arguments->json)
        say_json_print(json_pack("{s:s, s:s}", "key", text, "file", path));
    else
        printf(
            "%s\n%s\n", text,
            is_new
                ? "It is made, and the collector takes it over within seconds where it runs: `bacpipes audit "
                  "key` shows it then."
                : "It was made before, and waits for the collector to take it over: does `bacpipes up` run?");
    return EX_OK;
}

static int show_key(const CfgArguments *arguments, const Cfg *cfg, BpArena *arena)
{
    BpError err;
    char path[4200], key[2 * SIGN_PUBLIC_SIZE + 1];
    uint8_t octets[SIGN_PUBLIC_SIZE];
    (void)arena;
    if (refuse_central(cfg, &err) != BP_OK)
        return say_fail(key_command.name, &err);
    if (is_renewed)
        return renew_key(arguments, cfg);
    snprintf(path, sizeof path, "%.4096s/journal.pub", cfg->data_folder);
    const BpStatus status = sign_public_file_read(path, octets, &err);
    if (status == BP_NOT_FOUND)
        bp_fail(
            &err, BP_NOT_FOUND,
            "%s is not there: the collector makes the key when it first starts (is `bacpipes up` running? "
            "--data says whose key to show)",
            path);
    if (status != BP_OK)
        return say_fail_with(SAY_NOTHING, key_command.name, bp_str(err.text));
    (void)sign_hex(octets, sizeof octets, key);
    if (arguments->json)
        say_json_print(json_pack("{s:s, s:s}", "key", key, "file", path));
    else
        printf("%s\n", key);
    return EX_OK;
}

int audit_key(int argc, char **argv)
{
    return say_run(&key_command, argc, argv, show_key);
}

int audit_main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "verify") == 0)
        return audit_verify(argc - 1, argv + 1);
    if (argc > 1 && strcmp(argv[1], "key") == 0)
        return audit_key(argc - 1, argv + 1);
    return audit_list(argc, argv);
}
