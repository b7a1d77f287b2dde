#include "apps/account/account.h"
#include "say/begin.h"
#include "say/exit.h"
#include "say/json.h"
#include "say/table.h"
#include "site/accounts.h"
#include "site/database.h"

#include <stdio.h>
#include <string.h>

/* ---- list ---- */

static const CfgCommand list_command = {
    .name = "bacpipes account list",
    .summary =
        "Lists the accounts that read the broker from other machines, with the topics that each may read.",
    .offers_json = true,
    .details = "Exit codes: 0 shown, also where there is none; 64 wrong use, 69 the folder cannot be read.\n",
    .examples = "bacpipes account list\nbacpipes account list --json",
};

static void tell_wrong(const BpError *err)
{
    fprintf(stderr, "%s\n", err->text);
}

static void show_json(const Cfg *cfg, const SiteAccounts *accounts)
{
    json_t *list = json_array();
    for (size_t i = 0; i < accounts->count; i++) {
        json_t *topics = json_array();
        for (size_t j = 0; j < accounts->items[i].topic_count; j++)
            json_array_append_new(topics, say_json_text(bp_str(accounts->items[i].topics[j])));
        json_array_append_new(list, json_pack("{s:s, s:o, s:b}", "name", accounts->items[i].name, "topics",
                                              topics, "writes", accounts->items[i].writes));
    }
    say_json_print(json_pack("{s:o, s:s, s:I, s:b, s:o}", "accounts", list, "address", cfg->broker_address,
                             "port", (json_int_t)cfg->broker_port, "tls", cfg->broker_tls, "listens",
                             json_boolean(*cfg->broker_address)));
}

static void show(const Cfg *cfg, const SiteAccounts *accounts, BpArena *arena)
{
    static const SayColumn columns[] = {
        {.title = "account"}, {.title = "may write"}, {.title = "may read", .may_be_cut = true}};
    SayTable table;
    say_table_init(&table, columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; i < accounts->count; i++)
        for (size_t j = 0; j < accounts->items[i].topic_count; j++) {
            say_table_add(&table, bp_str(j ? "" : accounts->items[i].name));
            say_table_add(&table, bp_str(j ? "" : accounts->items[i].writes ? "commands" : "nothing"));
            say_table_add(&table, bp_str(accounts->items[i].topics[j]));
        }
    if (accounts->count)
        say_table_print(&table, stdout, say_terminal_width(stdout));
    else
        printf("There is no account yet: `bacpipes account add NAME` makes one.\n");
    say_table_done(&table);
    printf("\n%s\n", account_door(cfg, arena));
}

static int list(const CfgArguments *arguments, const Cfg *cfg, BpArena *arena)
{
    BpError err;
    const char *folder;
    SiteAccounts accounts;
    if (account_open_folder(cfg->data_folder, arena, &folder, &err) != BP_OK ||
        site_accounts_read(folder, tell_wrong, arena, &accounts, &err) != BP_OK)
        return say_fail(list_command.name, &err);
    if (arguments->json)
        show_json(cfg, &accounts);
    else
        show(cfg, &accounts, arena);
    return EX_OK;
}

int account_list(int argc, char **argv)
{
    return say_run(&list_command, argc, argv, list);
}

/* ---- remove ---- */

static const CfgCommand remove_command = {
    .name = "bacpipes account remove",
    .positionals = "NAME",
    .positionals_min = 1,
    .positionals_max = 1,
    .summary = "Removes an account of other machines at the broker. One that asked for commands is no source "
               "of them any more. A running `bacpipes up` refuses it "
               "within some seconds, also where it is connected.",
    .offers_json = true,
    .details =
        "Exit codes: 0 removed, 1 there is no such account, 64 wrong use, 69 it is removed from the broker, "
        "and its source of commands is not: the database is away.\n",
    .examples = "bacpipes account remove nodered",
};

static bool writes(const char *folder, const char *name, BpArena *arena)
{
    SiteAccounts accounts;
    if (site_accounts_read(folder, NULL, arena, &accounts, NULL) != BP_OK)
        return false;
    for (size_t i = 0; i < accounts.count; i++)
        if (strcmp(accounts.items[i].name, name) == 0)
            return accounts.items[i].writes;
    return false;
}

static BpStatus remove_source(const Cfg *cfg, const char *name, BpArena *arena, BpError *err)
{
    SiteDatabase database;
    const PgValue values[] = {pg_text(bp_str(name))};
    BpStatus status = site_database_open(&database, cfg, arena, err);
    if (status == BP_OK)
        status = site_database_ask(&database, SQL_REMOVE_MQTT_SOURCE, values, 1, NULL, NULL, err);
    site_database_close(&database);
    return status == BP_OK
               ? BP_OK
               : bp_within(err,
                           "the account is removed from the broker; its source of commands is not "
                           "(`bacpipes source remove %s`)",
                           name);
}

static int remove_one(const CfgArguments *arguments, const Cfg *cfg, BpArena *arena)
{
    BpError err;
    const char *folder, *name = arguments->positionals.items[0];
    if (account_open_folder(cfg->data_folder, arena, &folder, &err) != BP_OK)
        return say_fail(remove_command.name, &err);
    const bool was_source = writes(folder, name, arena);
    if (site_account_remove(folder, name, &err) != BP_OK ||
        (was_source && remove_source(cfg, name, arena, &err) != BP_OK))
        return say_fail(remove_command.name, &err);
    if (arguments->json)
        say_json_print(json_pack("{s:s}", "removed", name));
    else
        printf("Removed account %s.\n", name);
    return EX_OK;
}

int account_remove(int argc, char **argv)
{
    return say_run(&remove_command, argc, argv, remove_one);
}
