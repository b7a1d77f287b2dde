#include "apps/central/notices.h"

#include "base/arena.h"
#include "base/log.h"
#include "base/time.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { VALUES_SITES_MAX = 100 }; /* in one notice: a payload holds 8000 octets */
static const int64_t EVERY_US = 200 * BP_MS;

/* What has been told to a site last, by its number. */
typedef struct Told {
    int64_t number, newest;
} Told;

struct Notices {
    Loop *loop;
    Pg *pg;
    LoopTimer *timer;
    bool is_telling;
    int64_t told_at_us;
    json_t *due;    /* [[channel, payload]]: texts, each once */
    json_t *seen;   /* {"channel payload": true}: what is in there */
    json_t *values; /* {site_id: true}: whose values have changed */
    Told *told;     /* by number */
    size_t told_count;
    char *sent; /* the text of what is under way */
};

static bool is_nothing(const Notices *notices)
{
    return !json_array_size(notices->due) && !json_object_size(notices->values);
}

static void arm(Notices *notices)
{
    if (!notices->is_telling && !is_nothing(notices))
        loop_timer_set(notices->timer, notices->told_at_us + EVERY_US);
}

static void add(Notices *notices, const char *channel, const char *payload)
{
    char key[256];
    snprintf(key, sizeof key, "%s %s", channel, payload);
    if (json_object_get(notices->seen, key))
        return;
    json_object_set_new(notices->seen, key, json_true());
    json_array_append_new(notices->due, json_pack("[s, s]", channel, payload));
    arm(notices);
}

static void add_table(Notices *notices, const char *site_id, const char *table)
{
    json_auto_t *payload = json_pack("{s:s, s:s}", "site", site_id, "table", table);
    char *text = payload ? json_dumps(payload, 0) : NULL;
    if (text)
        add(notices, "bacpipes_config", text);
    free(text);
}

static void add_word(Notices *notices, const char *site_id, BpStr word)
{
    static const char *const tables[] = {"device", "point", "setting"};
    if (bp_str_equal(word, bp_str("values")))
        json_object_set_new(notices->values, site_id, json_true());
    else if (bp_str_equal(word, bp_str("command")))
        add(notices, "bacpipes_command_end", site_id);
    else if (bp_str_equal(word, bp_str("job")))
        add(notices, "bacpipes_job_end", site_id);
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        if (bp_str_equal(word, bp_str(tables[i])))
            add_table(notices, site_id, tables[i]);
}

void notices_told(Notices *notices, BpStr site_id, BpStr words)
{
    char site[64];
    (void)bp_str_copy(site_id, site, sizeof site);
    while (words.size) {
        const char *blank = memchr(words.data, ' ', words.size);
        const size_t size = blank ? (size_t)(blank - words.data) : words.size;
        add_word(notices, site, (BpStr){words.data, size});
        words = (BpStr){words.data + size + (blank != NULL), words.size - size - (blank != NULL)};
    }
    arm(notices);
}

static Told *find_told(Notices *notices, int64_t number)
{
    for (size_t i = 0; i < notices->told_count; i++)
        if (notices->told[i].number == number)
            return &notices->told[i];
    notices->told = realloc(notices->told, (notices->told_count + 1) * sizeof *notices->told);
    if (!notices->told)
        abort();
    notices->told[notices->told_count] = (Told){.number = number};
    return &notices->told[notices->told_count++];
}

void notices_waiting(Notices *notices, const PgRows *rows)
{
    for (size_t row = 0; row < pg_row_count(rows); row++) {
        const int64_t number = pg_get_integer(rows, row, 0), newest = pg_get_integer(rows, row, 1);
        Told *told = find_told(notices, number);
        char channel[32];
        if (told->newest == newest)
            continue;
        told->newest = newest;
        snprintf(channel, sizeof channel, "site_%lld", (long long)number);
        add(notices, channel, "");
    }
}

/* ---- telling ---- */

/* All sites whose values have changed, in as many notices as it takes. */
static void gather_values(Notices *notices)
{
    const char *site_id;
    json_t *truth;
    json_t *part = json_array();
    json_object_foreach (notices->values, site_id, truth) {
        json_array_append_new(part, json_string(site_id));
        if (json_array_size(part) == VALUES_SITES_MAX) {
            char *text = json_dumps(part, JSON_COMPACT);
            json_array_append_new(notices->due, json_pack("[s, s]", "bacpipes_values", text));
            free(text);
            json_array_clear(part);
        }
    }
    if (json_array_size(part)) {
        char *text = json_dumps(part, JSON_COMPACT);
        json_array_append_new(notices->due, json_pack("[s, s]", "bacpipes_values", text));
        free(text);
    }
    json_decref(part);
}

static void on_told(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    static BpLogKind not_told;
    Notices *notices = context;
    (void)rows;
    notices->is_telling = false;
    free(notices->sent);
    notices->sent = NULL;
    if (status != BP_OK) /* who was to hear it looks by himself, too, only later */
        bp_log_some(&not_told, loop_now_us(notices->loop), BP_LOG_WARNING, "telling what is new: %s",
                    err->text);
    arm(notices);
}

static void on_due(void *owner)
{
    Notices *notices = owner;
    if (notices->is_telling || is_nothing(notices))
        return;
    gather_values(notices);
    notices->sent = json_dumps(notices->due, JSON_COMPACT);
    json_array_clear(notices->due);
    json_object_clear(notices->seen);
    json_object_clear(notices->values);
    notices->told_at_us = loop_now_us(notices->loop);
    notices->is_telling = true;
    const PgValue value = pg_text(bp_str(notices->sent));
    pg_request(notices->pg, SQL_TELL_SITES, &value, 1, on_told, notices);
}

Notices *notices_new(Loop *loop, Pg *pg)
{
    Notices *notices = calloc(1, sizeof *notices);
    if (!notices)
        abort();
    notices->loop = loop;
    notices->pg = pg;
    notices->due = json_array();
    notices->seen = json_object();
    notices->values = json_object();
    notices->timer = loop_timer_new(loop, on_due, notices);
    return notices;
}

void notices_free(Notices *notices)
{
    if (!notices)
        return;
    loop_timer_free(notices->timer);
    json_decref(notices->due);
    json_decref(notices->seen);
    json_decref(notices->values);
    free(notices->told);
    free(notices->sent);
    free(notices);
}
