/* bacpipes audit: the journal in sentences, whether it is whole, and the key that it is signed with. */
#include "apps/audit/audit.h"

#include "apps/roles.h"
#include "io/sign/key_file.h"
#include "say/begin.h"
#include "say/exit.h"
#include "say/json.h"

#include <stdio.h>

static const CfgCommand key_command = {
    .name = "bacpipes audit key",
    .summary = "Shows the public half of the key that the journal is signed with. Give it to whoever is to "
               "verify the "
               "journal elsewhere, as the file journal.pub of the data folder.",
    .offers_json = true,
    .details = "Exit codes: 0 shown; 1 there is none yet; 64 wrong use; 78 a setting is wrong.\n",
    .examples = "bacpipes audit key\nbacpipes audit key >journal.pub",
};

static int show_key(const CfgArguments *arguments, const Cfg *cfg, BpArena *arena)
{
    BpError err;
    char path[4200], key[2 * SIGN_PUBLIC_SIZE + 1];
    uint8_t octets[SIGN_PUBLIC_SIZE];
    (void)arena;
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
