/* The private Mosquitto. Our roles meet it at a Unix socket in a folder that is closed to others, so that
 * nobody else is ever told their passwords; people read at a port of loopback, where anybody might sit. Each
 * account has just its topics. */
#include "apps/up/up.h"
#include "base/time.h"
#include "io/tls/password.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

enum { FIRST_BROKER_PORT = 18830 };
static const int64_t READY_PATIENCE_US = 60 * BP_SECOND;
static const char SOCKET[] = "mosquitto.sock"; /* in the run folder, where Mosquitto works */

/* ---- accounts ---- */

enum { TOPICS_MAX = 8 };
typedef struct Account {
    const char *name;
    const char *topics[TOPICS_MAX];   /* below bacpipes/<site>/, after "read " or "write " */
    const char *commands[TOPICS_MAX]; /* whole ones, in the same way: commands and their answers */
    const char *home; /* what it may do with the discovery topics of Home Assistant; NULL: nothing */
} Account;

static const Account accounts[] = {
    {"collect",
     {"write readings", "write points/#", "write collect/status", "read readings/stored",
      "read readings/want"},
     {"read bacnet/write/command", "read bacnet/write/command/+", "write bacnet/write/result/#"},
     "readwrite"},
    {"ingest",
     {"read readings", "write readings/stored", "write readings/want", "write ingest/status"},
     {0},
     NULL},
    {"web",
     {"read readings", "read points/#", "read collect/status", "read ingest/status", "write web/status"},
     {0},
     NULL},
    {"sync", {"write sync/status"}, {0}, NULL},
    {"up", {"read collect/status", "read ingest/status"}, {0}, NULL},
    {"reader", {"read #"}, {"read bacnet/write/#"}, "read"},
};
enum { ACCOUNTS = sizeof accounts / sizeof accounts[0] };

/* A topic's line is "topic read bacpipes/macau/readings". */
static void put_topic(const Up *up, const char *topic, BpBuf *out)
{
    BpStr name;
    const BpStr access = bp_str_cut(bp_str(topic), ' ', &name);
    bp_buf_printf(out, "topic %.*s bacpipes/%s/%.*s\n", BP_STR_ARGS(access), up->wish.site,
                  BP_STR_ARGS(name));
}

/* What of accounts is written: names and passwords, and what each may read and write. */
static BpStatus list_accounts(Up *up, BpBuf *passwords, BpBuf *acl, BpError *err)
{
    for (size_t i = 0; i < ACCOUNTS; i++) {
        char secret[64];
        const char *password = "";
        char hash[TLS_HASH_TEXT_MAX];
        snprintf(secret, sizeof secret, "mqtt_%s", accounts[i].name);
        BP_TRY(up_secret(up, secret, &password, err));
        BP_TRY(tls_password_hash(password, hash, err));
        bp_buf_printf(passwords, "%s:%s\n", accounts[i].name, hash);
        bp_buf_printf(acl, "user %s\n", accounts[i].name);
        for (size_t j = 0; j < TOPICS_MAX && accounts[i].topics[j]; j++)
            put_topic(up, accounts[i].topics[j], acl);
        for (size_t j = 0; j < TOPICS_MAX && accounts[i].commands[j]; j++)
            bp_buf_printf(acl, "topic %s\n", accounts[i].commands[j]);
        if (accounts[i].home)
            bp_buf_printf(acl, "topic %s %s/+/bacpipes_%s/+/config\n", accounts[i].home,
                          up->wish.cfg.homeassistant_prefix, up->wish.site);
    }
    return BP_OK;
}

static BpStatus write_lists(Up *up, const BpBuf *passwords, const BpBuf *acl, BpError *err)
{
    BP_TRY(up_write_file(up_path(up, "mosquitto/passwords"), bp_buf_text(passwords), err));
    return up_write_file(up_path(up, "mosquitto/acl"), bp_buf_text(acl), err);
}

static BpStatus write_accounts(Up *up, BpError *err)
{
    BpBuf passwords = bp_buf_growing(4096), acl = bp_buf_growing(16 * 1024);
    BpStatus status = list_accounts(up, &passwords, &acl, err);
    unlink(up_path(up,
                   "secrets/mqtt_bacpipes")); /* once one account of all roles, that might write everything */
    if (status == BP_OK)
        status = write_lists(up, &passwords, &acl, err);
    bp_buf_done(&passwords);
    bp_buf_done(&acl);
    return status;
}

const char *up_broker_socket(Up *up)
{
    BpBuf path = bp_buf_growing(UP_PATH_MAX);
    bp_buf_printf(&path, "%s/%s", up->folder.run, SOCKET);
    const char *result = bp_arena_text(&up->arena, bp_buf_text(&path));
    bp_buf_done(&path);
    return result;
}

BpStatus up_describe_broker(Up *up, BpError *err)
{
    static const char *const roles[] = {"collect", "ingest", "web", "sync"};
    const PgValue site = pg_text(bp_str(up->wish.site)), host = pg_text(bp_str(up_broker_socket(up)));
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++) {
        const PgValue account[] = {site, pg_text(bp_str(roles[i])), host,
                                   pg_text(bp_str(up_path(up, "secrets/mqtt_%s", roles[i])))};
        BP_TRY(up_query(up, SQL_UPSERT_MQTT_ACCOUNT, account, 4, err));
    }
    const PgValue broker[] = {site, host};
    return up_query(up, SQL_UPSERT_MQTT_CONFIG, broker, 2, err);
}

/* ---- starting it, and again ---- */

/* Who may come in, of each listener for itself: the accounts of roles are none for other machines. */
static void put_accounts(Up *up, BpBuf *out)
{
    bp_buf_printf(out, "allow_anonymous false\npassword_file %s\nacl_file %s\n",
                  up_path(up, "mosquitto/passwords"), up_path(up, "mosquitto/acl"));
}

static BpStatus write_configuration(Up *up, BpError *err)
{
    BpBuf out = bp_buf_growing(64 * 1024);
    bp_buf_printf(&out,
                  "# Written by `bacpipes up` at each start.\n"
                  "per_listener_settings true\n"
                  "persistence true\npersistence_location %s/\nautosave_interval 300\nmax_queued_messages "
                  "10000\nmax_inflight_messages 0\n"
                  "log_dest stdout\nlog_timestamp false\nlog_type error\nlog_type warning\nlog_type notice\n"
                  "connection_messages false\n"
                  "listener 0 %s\n", /* a path with a space would end there: it works in its folder */
                  up_path(up, "mosquitto"), SOCKET);
    put_accounts(up, &out);
    if (up->broker.port) {
        bp_buf_printf(&out, "listener %d 127.0.0.1\nmax_connections %d\n", (int)up->broker.port,
                      UP_BROKER_CONNECTIONS_MAX);
        put_accounts(up, &out);
    }
    lan_write_listener(up, &out);
    const BpStatus status = up_write_file(up_path(up, "mosquitto/mosquitto.conf"), bp_buf_text(&out), err);
    bp_buf_done(&out);
    return status;
}

/* Before each start. Who has sat down at its port meanwhile keeps the port and nothing else: Mosquitto takes
 * another one, or none. */
static BpStatus configure(Up *up, BpError *err)
{
    BpError taken;
    if (up_choose_port(up, "mosquitto", FIRST_BROKER_PORT, &up->broker.port, &taken) != BP_OK) {
        up_warn("%s: Mosquitto has its socket alone, until it is started again", taken.text);
        up->broker.port = 0;
    }
    return write_configuration(up, err);
}

static BpStatus wait_for_broker(Up *up, const Part *part, BpError *err)
{
    const int64_t until_us = loop_now_us(up->loop) + READY_PATIENCE_US;
    while (!mqtt_is_connected(up->view.mqtt))
        if (!up_wait(up, until_us, err))
            return part_is_not_ready(part, err);
    return BP_OK;
}

BpStatus up_start_broker(Up *up, BpError *err)
{
    const int64_t begin_us = loop_now_us(up->loop);
    BP_TRY(write_accounts(up, err));
    BP_TRY(lan_write_accounts(up, err));
    const char *configuration = up_path(up, "mosquitto/mosquitto.conf");
    BP_TRY(part_wait_for_last(up, "Mosquitto", configuration, err));
    Part *part = up_add_part(up, &(UpPartOptions){.name = "mosquitto",
                                                  .path = access("/usr/sbin/mosquitto", X_OK) == 0
                                                              ? "/usr/sbin/mosquitto"
                                                              : "mosquitto",
                                                  .folder = up->folder.run,
                                                  .stop_signal = SIGTERM,
                                                  .prepare = configure});
    part_argument(part, "mosquitto");
    part_argument(part, "-c");
    part_argument(part, configuration);
    BP_TRY(part_start(part, err));
    BP_TRY(up_connect_broker(up, err));
    BP_TRY(wait_for_broker(up, part, err));
    char interval[BP_TIME_TEXT_MAX];
    up_say(up, "Mosquitto is ready after %s%s%.0d",
           bp_interval_format(loop_now_us(up->loop) - begin_us, interval),
           up->broker.port ? ", on port " : "", (int)up->broker.port);
    lan_watch(up);
    return BP_OK;
}
