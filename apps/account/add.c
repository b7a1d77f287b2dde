#include "apps/account/account.h"
#include "io/tls/password.h"
#include "model/topic.h"
#include "say/begin.h"
#include "say/exit.h"
#include "say/json.h"
#include "site/accounts.h"
#include "site/database.h"

#include <inttypes.h>
#include <stdio.h>

static CfgTexts topics;
static bool writes;

static const CfgOption options[] = {
    {"topic", "TOPIC",
     "May read this, with + for one level and # for all that follow; may be given several times. Default: "
     "bacpipes/<site>/points/#, bacpipes/<site>/+/status and what Home Assistant is told "
     "(setting homeassistant.points)",
     .texts = &topics},
    {"writes", NULL,
     "May ask for commands, too: publish them on bacnet/write/command/NAME, and read what becomes of them on "
     "bacnet/write/result/NAME. The gate judges each as source NAME, which is made here: a program, that "
     "must say when "
     "what it writes ends (release_after), at priority 8 to 16, 60 a minute. `bacpipes source set NAME` "
     "changes that",
     .flag = &writes},
    {0},
};

static const CfgCommand command = {
    .name = "bacpipes account add",
    .positionals = "NAME",
    .positionals_min = 1,
    .positionals_max = 1,
    .summary = "Adds an account that reads the broker from other machines, and with --writes asks for "
               "commands. Its password is made here and shown "
               "once; only its hash is kept. A running `bacpipes up` lets it in within some seconds.",
    .options = options,
    .offers_json = true,
    .details =
        "Exit codes: 0 added, 64 the name or a topic is wrong, 69 there is one of that name, the folder "
        "cannot be written to, or with --writes the database is away.\n",
    .examples =
        "bacpipes account add nodered\n"
        "bacpipes account add dashboard --topic 'bacpipes/site/points/3/#' --topic 'bacpipes/site/+/status'\n"
        "bacpipes account add hvac --writes\n"
        "bacpipes account add all --topic 'bacpipes/#' --json",
};

static BpStatus choose_topics(const Cfg *cfg, SiteAccount *account, BpArena *arena, BpError *err)
{
    char topic[MDL_TOPIC_MAX];
    static const char *const usual[] = {"points/#", "+/status"};
    if (topics.count > SITE_ACCOUNT_TOPICS_MAX)
        return bp_fail(err, BP_INVALID, "%zu topics are too many: %d at most", topics.count,
                       SITE_ACCOUNT_TOPICS_MAX);
    for (size_t i = 0; i < topics.count; i++) {
        BP_TRY(site_account_check_topic(topics.items[i], err));
        account->topics[account->topic_count++] = topics.items[i];
    }
    for (size_t i = 0; !topics.count && i < sizeof usual / sizeof usual[0]; i++)
        account->topics[account->topic_count++] =
            bp_arena_text(arena, bp_str(mdl_topic(cfg->site, usual[i], topic)));
    if (!topics.count) {
        snprintf(topic, sizeof topic, "%s/+/bacpipes_%s/+/config", cfg->homeassistant_prefix, cfg->site);
        account->topics[account->topic_count++] = bp_arena_text(arena, bp_str(topic));
    }
    return BP_OK;
}

/* The source first: an account that may publish what nobody takes is of no use. */
static BpStatus add_with_source(const Cfg *cfg, const char *folder, const SiteAccount *account,
                                BpArena *arena, BpError *err)
{
    SiteDatabase database;
    const PgValue values[] = {pg_text(bp_str(account->name)), pg_text(bp_str("account of the broker"))};
    BpStatus status = site_database_open(&database, cfg, arena, err);
    if (status == BP_OK)
        status = site_database_ask(&database, SQL_ADD_MQTT_SOURCE, values, 2, NULL, NULL, err);
    if (status == BP_OK && (status = site_account_add(folder, account, err)) != BP_OK)
        (void)!site_database_ask(&database, SQL_REMOVE_MQTT_SOURCE, values, 1, NULL, NULL, NULL);
    site_database_close(&database);
    return status;
}

static BpStatus make(const Cfg *cfg, SiteAccount *account, char ret_password[TLS_PASSWORD_LETTERS + 1],
                     BpArena *arena, BpError *err)
{
    char hash[TLS_HASH_TEXT_MAX];
    const char *folder;
    BP_TRY(writes ? site_account_check_source(account->name, err)
                  : site_account_check_name(account->name, err));
    BP_TRY(choose_topics(cfg, account, arena, err));
    BP_TRY(account_open_folder(cfg->data_folder, arena, &folder, err));
    BP_TRY(tls_password_draw(ret_password, err));
    BP_TRY(tls_password_hash(ret_password, hash, err));
    account->hash = bp_arena_text(arena, bp_str(hash));
    return writes ? add_with_source(cfg, folder, account, arena, err)
                  : site_account_add(folder, account, err);
}

static void show_json(const SiteAccount *account, const char *password)
{
    json_t *list = json_array();
    for (size_t i = 0; i < account->topic_count; i++)
        json_array_append_new(list, say_json_text(bp_str(account->topics[i])));
    say_json_print(json_pack("{s:s, s:s, s:o, s:b}", "name", account->name, "password", password, "topics",
                             list, "writes", account->writes));
}

static void show(const Cfg *cfg, const SiteAccount *account, const char *password, BpArena *arena)
{
    printf("account   %s\npassword  %s   (shown once: only its hash is kept)\n", account->name, password);
    for (size_t i = 0; i < account->topic_count; i++)
        printf("%s  %s\n", i ? "         " : "may read ", account->topics[i]);
    if (account->writes)
        printf("commands  %s/%s, answers on %s/%s\n", SITE_COMMAND_TOPIC, account->name, SITE_RESULT_TOPIC,
               account->name);
    printf("\n%s\n", account_door(cfg, arena));
    if (*cfg->broker_address)
        printf("Try it: mosquitto_sub -h ADDRESS -p %" PRId64 "%s -u %s -P PASSWORD -t '%s' -v\n",
               cfg->broker_port, cfg->broker_tls ? " --cafile CA.crt" : "", account->name,
               account->topics[0]);
}

static int run(const CfgArguments *arguments, const Cfg *cfg, BpArena *arena)
{
    BpError err;
    char password[TLS_PASSWORD_LETTERS + 1];
    SiteAccount account = {.name = arguments->positionals.items[0], .writes = writes};
    if (make(cfg, &account, password, arena, &err) != BP_OK)
        return say_fail(command.name, &err);
    if (arguments->json)
        show_json(&account, password);
    else
        show(cfg, &account, password, arena);
    return EX_OK;
}

int account_add(int argc, char **argv)
{
    return say_run(&command, argc, argv, run);
}
