/* The broker for other machines (settings broker.*): a listener of its own, whose accounts only read, but for
 * commands on a topic of their own. Whatever is wrong with it costs that listener alone, is told, and is
 * looked at again: the site goes on without it. */
#include "apps/up/up.h"
#include "base/time.h"
#include "io/tls/certificate.h"
#include "site/accounts.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* How often it is looked at what has changed: accounts, since somebody waits for that; certificates and what
 * is wrong, now and then. */
static const int64_t ACCOUNTS_EVERY_US = 2 * BP_SECOND, LOOK_EVERY_US = 10 * BP_SECOND,
                     FAILS_WITHIN_US = 15 * BP_SECOND,
                     RENEWAL_US = 14 * BP_DAY; /* before its end a certificate should have been renewed */

static const char not_open[] = "Mosquitto does not listen for other machines until that is mended";

static bool is_wanted(const Up *up)
{
    return *up->wish.cfg.broker_address;
}

/* A number that is another one when the file or folder has changed; 0: there is none. */
static int64_t version_of(const char *path)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return 0;
    return (int64_t)status.st_mtim.tv_sec * 1000000000 + status.st_mtim.tv_nsec + (int64_t)status.st_ino;
}

static int64_t version_of_certificates(const Up *up)
{
    const Cfg *cfg = &up->wish.cfg;
    return version_of(cfg->broker_certificate) + version_of(cfg->broker_key) +
           version_of(cfg->broker_client_ca_file);
}

/* ---- who may read there, and ask for commands ---- */

static void tell_wrong_account(const BpError *err)
{
    up_warn("an account is left out: %s", err->text);
}

static BpStatus write_files(Up *up, const SiteAccounts *accounts, BpError *err)
{
    BpBuf passwords = bp_buf_growing(64 * 1024), acl = bp_buf_growing(2 * 1024 * 1024);
    for (size_t i = 0; i < accounts->count; i++) {
        const SiteAccount *account = &accounts->items[i];
        bp_buf_printf(&passwords, "%s:%s\n", account->name, account->hash);
        bp_buf_printf(&acl, "user %s\n", account->name);
        for (size_t j = 0; j < account->topic_count; j++)
            bp_buf_printf(&acl, "topic read %s\n", account->topics[j]);
        if (account->writes)
            bp_buf_printf(&acl, "topic write %s/%s\ntopic read %s/%s/#\n", SITE_COMMAND_TOPIC, account->name,
                          SITE_RESULT_TOPIC, account->name);
    }
    BpStatus status = up_write_file(up_path(up, "mosquitto/lan.passwords"), bp_buf_text(&passwords), err);
    if (status == BP_OK)
        status = up_write_file(up_path(up, "mosquitto/lan.acl"), bp_buf_text(&acl), err);
    bp_buf_done(&passwords);
    bp_buf_done(&acl);
    return status;
}

BpStatus lan_write_accounts(Up *up, BpError *err)
{
    UpLan *lan = &up->broker.lan;
    BpArena arena = {0};
    SiteAccounts accounts;
    const char *folder = site_accounts_folder(up->folder.data, &arena);
    /* Before it is read: what changes meanwhile is read again. */
    lan->accounts_version = version_of(folder);
    BpError wrong;
    if (site_accounts_read(folder, tell_wrong_account, &arena, &accounts, &wrong) != BP_OK)
        up_warn("nobody may read the broker from other machines: %s", wrong.text);
    const BpStatus status = write_files(up, &accounts, err);
    lan->accounts = accounts.count;
    bp_arena_done(&arena);
    return status;
}

/* ---- the listener ---- */

/* BP_OK: Mosquitto may be told to listen there. `ret_until_us`: when its certificate ends; 0: it has none. */
static BpStatus check_files(Up *up, int64_t *ret_until_us, BpError *err)
{
    const Cfg *cfg = &up->wish.cfg;
    *ret_until_us = 0;
    if (!cfg->broker_tls)
        return BP_OK;
    BP_TRY(tls_certificate_check(cfg->broker_certificate, cfg->broker_key, bp_wall_us(), ret_until_us, err));
    return *cfg->broker_client_ca_file ? tls_authority_check(cfg->broker_client_ca_file, err) : BP_OK;
}

static BpStatus check_port(const Up *up, BpError *err)
{
    const Cfg *cfg = &up->wish.cfg;
    if (cfg->broker_port == up->broker.port &&
        (strcmp(cfg->broker_address, "0.0.0.0") == 0 || strcmp(cfg->broker_address, "127.0.0.1") == 0))
        return bp_fail(err, BP_CONFLICT, "broker.port = %d is the broker's own on this machine: give another",
                       (int)cfg->broker_port);
    const char *problem = up_tcp_port_problem(cfg->broker_address, cfg->broker_port);
    return problem ? bp_fail(err, BP_UNAVAILABLE, "%s, port %d: %s", cfg->broker_address,
                             (int)cfg->broker_port, problem)
                   : BP_OK;
}

/* Once, and again when it is something else. */
static void tell_problem(Up *up, const char *problem, const char *what_becomes)
{
    UpLan *lan = &up->broker.lan;
    if (strcmp(lan->problem, problem) == 0)
        return;
    snprintf(lan->problem, sizeof lan->problem, "%s", problem);
    up_leave_block(up);
    up_warn("%s: %s", problem, what_becomes);
}

static void tell_open(Up *up, int64_t until_us)
{
    const Cfg *cfg = &up->wish.cfg;
    char when[BP_TIME_TEXT_MAX];
    up_leave_block(up);
    up_say(up, "Mosquitto listens for other machines at %s, port %d, %s%s; %zu account%s%s",
           cfg->broker_address, (int)cfg->broker_port,
           cfg->broker_tls ? "with TLS, certificate until "
                           : "without TLS: everybody there may read passwords",
           cfg->broker_tls ? bp_time_format(until_us, 0, when) : "", up->broker.lan.accounts,
           up->broker.lan.accounts == 1 ? "" : "s",
           up->broker.lan.accounts ? "" : " yet: `bacpipes account add NAME`");
}

static void warn_of_end(Up *up, int64_t until_us)
{
    char text[512], when[BP_TIME_TEXT_MAX];
    if (!until_us || until_us - bp_wall_us() > RENEWAL_US)
        return;
    snprintf(text, sizeof text, "%.300s ends at %s", up->wish.cfg.broker_certificate,
             bp_time_format(until_us, 0, when));
    tell_problem(up, text, "have it renewed; the new one is taken in by itself");
}

static void put_listener(Up *up, BpBuf *out)
{
    const Cfg *cfg = &up->wish.cfg;
    bp_buf_printf(
        out, "listener %d %s\nmax_connections %d\nallow_anonymous false\npassword_file %s\nacl_file %s\n",
        (int)cfg->broker_port, cfg->broker_address, UP_BROKER_CONNECTIONS_MAX,
        up_path(up, "mosquitto/lan.passwords"), up_path(up, "mosquitto/lan.acl"));
    if (cfg->broker_tls)
        bp_buf_printf(out, "certfile %s\nkeyfile %s\ntls_version tlsv1.2\n", cfg->broker_certificate,
                      cfg->broker_key);
    if (cfg->broker_tls && *cfg->broker_client_ca_file)
        bp_buf_printf(out, "cafile %s\nrequire_certificate true\n", cfg->broker_client_ca_file);
}

/* What we could not foresee: with the listener Mosquitto has ended soon, by itself. */
static bool has_just_failed(Up *up)
{
    const UpLan *lan = &up->broker.lan;
    const Part *part = up_find_part(up, "mosquitto");
    return lan->is_open && part && part->exits > lan->exits &&
           loop_now_us(up->loop) - part->started_at_us < FAILS_WITHIN_US;
}

void lan_write_listener(Up *up, BpBuf *out)
{
    UpLan *lan = &up->broker.lan;
    const Part *part = up_find_part(up, "mosquitto");
    BpError err;
    int64_t until_us = 0;
    const bool has_failed = has_just_failed(up);
    lan->exits = part ? part->exits : 0;
    lan->is_open = false;
    if (!is_wanted(up))
        return;
    lan->certificate_version = version_of_certificates(up);
    lan->is_held = has_failed;
    BpStatus status =
        has_failed ? bp_fail(&err, BP_REFUSED, "Mosquitto ended with its listener for other machines (%s)",
                             part && part->log ? up_log_last_words(part->log) : "")
                   : check_files(up, &until_us, &err);
    if (status == BP_OK)
        status = check_port(up, &err);
    if (status != BP_OK) {
        tell_problem(up, err.text, not_open);
        return;
    }
    lan->is_open = true;
    lan->problem[0] = '\0';
    put_listener(up, out);
    tell_open(up, until_us);
    warn_of_end(up, until_us);
}

/* ---- while it runs ---- */

/* Connected ones that are gone, or may read less now, are held to it too. */
static void look_at_accounts(Up *up)
{
    BpError err;
    BpArena arena = {0};
    const int64_t version = version_of(site_accounts_folder(up->folder.data, &arena));
    bp_arena_done(&arena);
    if (version == up->broker.lan.accounts_version)
        return;
    if (lan_write_accounts(up, &err) == BP_OK)
        part_signal(up_find_part(up, "mosquitto"),
                    SIGHUP); /* it reads the files of its configuration again */
    else
        tell_problem(up, err.text, "the broker's accounts for other machines stay as they were");
}

/* What was wrong may be mended; what was right may be over, or be renewed. */
static void look_at_listener(Up *up)
{
    UpLan *lan = &up->broker.lan;
    BpError err;
    int64_t until_us;
    const int64_t version = version_of_certificates(up);
    const BpStatus status = check_files(up, &until_us, &err);
    if (lan->is_held && version == lan->certificate_version)
        return; /* only other files may mend what could not be foreseen */
    if (!lan->is_open) {
        if (status == BP_OK && check_port(up, &err) == BP_OK)
            part_renew(up_find_part(up, "mosquitto"), "may listen for other machines now");
        else
            tell_problem(up, err.text, not_open);
        return;
    }
    if (status != BP_OK) {
        tell_problem(up, err.text, "Mosquitto goes on with the certificate that it has");
    } else if (version != lan->certificate_version) {
        lan->certificate_version = version;
        lan->problem[0] = '\0';
        part_signal(up_find_part(up, "mosquitto"), SIGHUP);
        tell_open(up, until_us);
    }
    if (status == BP_OK)
        warn_of_end(up, until_us);
}

static void look(void *owner)
{
    Up *up = owner;
    UpLan *lan = &up->broker.lan;
    const int64_t now_us = loop_now_us(up->loop);
    if (up->end.is_near)
        return;
    look_at_accounts(up);
    if (now_us >= lan->look_at_us) {
        look_at_listener(up);
        lan->look_at_us = now_us + LOOK_EVERY_US;
    }
    loop_timer_set(lan->timer, now_us + ACCOUNTS_EVERY_US);
}

void lan_watch(Up *up)
{
    UpLan *lan = &up->broker.lan;
    if (!is_wanted(up))
        return;
    lan->timer = loop_timer_new(up->loop, look, up);
    lan->look_at_us = loop_now_us(up->loop) + LOOK_EVERY_US;
    loop_timer_set(lan->timer, loop_now_us(up->loop) + ACCOUNTS_EVERY_US);
}

void lan_end(Up *up)
{
    loop_timer_free(up->broker.lan.timer);
    up->broker.lan.timer = NULL;
}
