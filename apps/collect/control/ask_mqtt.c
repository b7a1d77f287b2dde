#include "apps/collect/control/ask_mqtt.h"

#include "apps/collect/control/answer_json.h"
#include "apps/collect/control/ask_json.h"
#include "base/buf.h"
#include "base/invariant.h"
#include "base/log.h"
#include "base/time.h"
#include "io/pg/reload.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { USER_MAX = 40, TOPIC_MAX = 256, ID_MAX = 37, ODD_USER_MAX = 100 };

static const char COMMAND[] = "bacnet/write/command", RESULT[] = "bacnet/write/result";
static const char PLAIN_USER[] = "mqtt"; /* the source of the topic without a user */

static const int64_t PATIENCE_US = 5 * BP_SECOND; /* with the database, for the answer to one command */
static const int64_t LOOK_EVERY_US = 5 * BP_SECOND, TICK_US = BP_SECOND;
static const int64_t STOOD_STILL_US = 5 * BP_SECOND;

/* Whom an answer goes to. */
typedef struct Asker {
    char user[USER_MAX + 1];
    char topic[TOPIC_MAX];
    char correlation[CONTROL_CORRELATION_MAX];
    size_t correlation_size;
    const char *note; /* a word about the request itself, in each answer; NULL: none */
} Asker;

/* A command under way. */
typedef struct Asked {
    ControlMqtt *bus;
    Asker by;
    int index;       /* in its list; -1: it came alone */
    char *key;       /* NULL: it has none */
    char id[ID_MAX]; /* "": the database has not answered yet */
} Asked;

struct ControlMqtt {
    ControlMqttOptions options;
    Pg *pg;
    PgReload *ends;
    LoopTimer *timer;
    Asked *asked[CONTROL_ASKED_MAX];
    size_t count, asking; /* those without an id */
    int64_t ticked_us;    /* CLOCK_BOOTTIME: we ran then */
    int64_t look_at_us;
    bool is_stale; /* we stood still: what the present connection has for us may be of any age */
};

void control_mqtt_check(const ControlMqtt *bus)
{
    size_t asking = 0;
    assert(bus->count <= CONTROL_ASKED_MAX && bus->asking <= CONTROL_ASKING_MAX);
    for (size_t i = 0; i < bus->count; i++)
        asking += !*bus->asked[i]->id;
    assert(asking == bus->asking);
}

/* ---- answers ---- */

/* Whom it concerns may have gone, and so may the broker: then nobody hears it, and the row has it. */
static void answer(const ControlMqtt *bus, const Asker *to, int index, json_t *said)
{
    Mqtt *mqtt = bus->options.mqtt(bus->options.owner);
    if (index >= 0)
        json_object_set_new(said, "index", json_integer(index));
    if (to->note)
        json_object_set_new(said, "note", json_string(to->note));
    char *text = json_dumps(said, JSON_COMPACT);
    json_decref(said);
    if (!text)
        abort();
    if (mqtt)
        (void)!mqtt_answer(mqtt, to->topic, bp_str(text), (BpStr){to->correlation, to->correlation_size},
                           NULL);
    free(text);
}

static void refuse(const ControlMqtt *bus, const Asker *to, int index, const char *key, const char *text)
{
    answer(bus, to, index, control_answer("refused", "request", text, key));
}

static void cannot(const ControlMqtt *bus, const Asker *to, int index, const char *key, const char *why)
{
    char text[256];
    snprintf(text, sizeof text, "nothing was written: %s", why);
    answer(bus, to, index, control_answer("unavailable", NULL, text, key));
}

/* ---- commands under way ---- */

static Asked *add(ControlMqtt *bus, const Asker *by, int index, const char *key)
{
    Asked *asked = calloc(1, sizeof *asked);
    if (!asked)
        abort();
    *asked = (Asked){.bus = bus, .by = *by, .index = index, .key = key ? strdup(key) : NULL};
    bus->asked[bus->count++] = asked;
    bus->asking++;
    return asked;
}

static void drop(ControlMqtt *bus, Asked *asked)
{
    size_t i = 0;
    while (bus->asked[i] != asked)
        i++;
    bus->asked[i] = bus->asked[--bus->count];
    bus->asking -= !*asked->id;
    free(asked->key);
    free(asked);
}

static bool has_room(const ControlMqtt *bus, const char *user)
{
    size_t own = 0;
    for (size_t i = 0; i < bus->count; i++)
        own += strcmp(bus->asked[i]->by.user, user) == 0;
    return bus->count < CONTROL_ASKED_MAX && bus->asking < CONTROL_ASKING_MAX && own < CONTROL_ASKED_USER_MAX;
}

/* ---- their ends ---- */

static Asked *find(const ControlMqtt *bus, BpStr id)
{
    for (size_t i = 0; i < bus->count; i++)
        if (bp_str_equal(bp_str(bus->asked[i]->id), id))
            return bus->asked[i];
    return NULL;
}

/* More than one message may have asked for a command, by its key. */
static void on_ends(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    ControlMqtt *bus = context;
    if (pg_reload_answered(bus->ends, status))
        bp_log(BP_LOG_WARNING, "reading how commands asked by MQTT ended: %s; it is read again", err->text);
    for (size_t row = 0; status == BP_OK && row < pg_row_count(rows); row++)
        for (Asked *asked; (asked = find(bus, pg_get_text(rows, row, 0))) != NULL; drop(bus, asked))
            answer(bus, &asked->by, asked->index, control_answer_row(rows, row, true));
    BP_INVARIANT(control_mqtt_check(bus));
}

static void ask_ends(void *owner)
{
    ControlMqtt *bus = owner;
    BpBuf ids = bp_buf_growing((size_t)CONTROL_ASKED_MAX * (ID_MAX + 1) + 2);
    bp_buf_printf(&ids, "{");
    for (size_t i = 0; i < bus->count; i++)
        if (*bus->asked[i]->id)
            bp_buf_printf(&ids, "%s%s", ids.size > 1 ? "," : "", bus->asked[i]->id);
    bp_buf_printf(&ids, "}");
    const PgValue values[] = {pg_text(bp_buf_text(&ids))};
    pg_request(bus->pg, SQL_SELECT_COMMAND_ENDS, values, 1, on_ends, bus);
    bp_buf_done(&ids);
}

static void look_at_ends(ControlMqtt *bus)
{
    bus->look_at_us = loop_now_us(bus->options.loop) + LOOK_EVERY_US;
    if (bus->count > bus->asking)
        pg_reload_soon(bus->ends);
}

/* ---- asking the database ---- */

static void on_row(ControlMqtt *bus, Asked *asked, const PgRows *rows)
{
    const BpStr status = pg_get_text(rows, 0, 1);
    answer(bus, &asked->by, asked->index, control_answer_row(rows, 0, false));
    if (!bp_str_equal(status, bp_str("pending")) && !bp_str_equal(status, bp_str("executing"))) {
        drop(bus, asked);
        return;
    }
    (void)bp_str_copy(pg_get_text(rows, 0, 0), asked->id, sizeof asked->id);
    bus->asking--;
}

static void on_asked(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    Asked *asked = context;
    ControlMqtt *bus = asked->bus;
    char text[BP_ERROR_TEXT_MAX + 200];
    if (status == BP_OK && pg_row_count(rows) == 1) {
        on_row(bus, asked, rows);
        return;
    }
    if (status == BP_OK) {
        refuse(bus, &asked->by, asked->index, asked->key,
               "refused, like 60 before it in this minute: it is counted, and nothing was written");
    } else if (status == BP_TIMEOUT || status == BP_CANCELLED || status == BP_FULL) {
        cannot(bus, &asked->by, asked->index, asked->key, "the database did not answer in time");
    } else if (status == BP_UNAVAILABLE) { /* it may have been written down before that */
        snprintf(text, sizeof text,
                 "the database did not say whether it has the command (%s): if it has, it is carried out "
                 "before it "
                 "expires, or never. Asked again with the same idempotency_key it is the same command",
                 err->text);
        answer(bus, &asked->by, asked->index, control_answer("unknown", NULL, text, asked->key));
    } else {
        snprintf(text, sizeof text, "nothing was written: %s", err->text);
        refuse(bus, &asked->by, asked->index, asked->key, text);
    }
    drop(bus, asked);
    BP_INVARIANT(control_mqtt_check(bus));
}

static PgValue text_or_null(const char *text)
{
    return text ? pg_text(bp_str(text)) : pg_null();
}

static void ask(ControlMqtt *bus, const Asker *by, int index, const ControlAsk *wish)
{
    if (wish->status != BP_OK) {
        refuse(bus, by, index, wish->key, wish->wrong.text);
        return;
    }
    if (!has_room(bus, by->user)) {
        cannot(bus, by, index, wish->key,
               "busy: too many commands are under way. Ask again when some have ended");
        return;
    }
    Asked *asked = add(bus, by, index, wish->key);
    const PgValue values[] = {
        pg_text(bp_str(bus->options.site)), wish->point_id ? pg_integer(wish->point_id) : pg_null(),
        text_or_null(wish->point),          text_or_null(wish->device),
        text_or_null(wish->object),         pg_text(bp_str(wish->request)),
        pg_text(bp_str(by->user))};
    const PgTicket ticket =
        pg_request(bus->pg, SQL_ASK_NAMED_COMMAND, values, sizeof values / sizeof values[0], on_asked, asked);
    pg_set_deadline(bus->pg, ticket, loop_now_us(bus->options.loop) + PATIENCE_US);
}

/* ---- messages ---- */

/* A message that arrives after we stood still may have waited for as long, and its command would be carried
 * out as if it were new. What the connection holds for us is thrown away with it. */
static void look_whether_we_stood_still(ControlMqtt *bus)
{
    const int64_t now_us = bp_boot_us();
    Mqtt *mqtt = bus->options.mqtt(bus->options.owner);
    if (now_us - bus->ticked_us > TICK_US + STOOD_STILL_US && mqtt && !bus->is_stale) {
        bp_log(BP_LOG_WARNING,
               "this process stood still for %d s: commands that came by MQTT meanwhile are not carried out",
               (int)((now_us - bus->ticked_us) / BP_SECOND));
        bus->is_stale = true;
        mqtt_begin_anew(mqtt);
    }
    bus->ticked_us = now_us;
}

static void tell(const ControlMqtt *bus, const MqttMessage *message, const char *what)
{
    static BpLogKind others;
    bp_log_some(
        &others, loop_now_us(bus->options.loop), BP_LOG_WARNING, "a command on %.*s is not carried out: %s",
        message->topic.size < TOPIC_MAX ? (int)message->topic.size : TOPIC_MAX, message->topic.data, what);
}

/* One word, that may be part of a topic and of a line in the log. */
static bool is_word(BpStr text)
{
    for (size_t i = 0; i < text.size; i++)
        if ((unsigned char)text.data[i] <= ' ' || strchr("+#/\x7f", text.data[i]))
            return false;
    return text.size >= 1 && text.size <= ODD_USER_MAX && bp_str_is_utf8(text);
}

static bool is_source_name(BpStr text)
{
    for (size_t i = 0; i < text.size; i++)
        if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789_-", text.data[i]))
            return false;
    return text.size >= 1 && text.size <= USER_MAX;
}

/* An answer goes to the user's own topic or below, for it is published with rights that the user has not. */
static void choose_topic(const MqttMessage *message, BpStr user, Asker *ret_to)
{
    const BpStr wished = message->response_topic;
    const int size = user.size ? snprintf(ret_to->topic, TOPIC_MAX, "%s/%.*s", RESULT, BP_STR_ARGS(user))
                               : snprintf(ret_to->topic, TOPIC_MAX, "%s", RESULT);
    char below[TOPIC_MAX];
    const int base = snprintf(below, sizeof below, "%s/%s/", RESULT, ret_to->user);
    if (!wished.size || bp_str_equal(wished, bp_str(ret_to->topic)))
        return;
    bool is_plain = wished.size < TOPIC_MAX && bp_str_is_utf8(wished);
    for (size_t i = 0; is_plain && i < wished.size; i++)
        is_plain = (unsigned char)wished.data[i] >= ' ' && !strchr("+#\x7f", wished.data[i]);
    if (size > 0 && is_plain && wished.size > (size_t)base && memcmp(wished.data, below, (size_t)base) == 0)
        (void)bp_str_copy(wished, ret_to->topic, sizeof ret_to->topic);
    else
        ret_to->note = "the response topic was not used: it is none below bacnet/write/result/<user>";
}

/* BP_INVALID: nothing of the message is to be asked. */
static BpStatus check_message(const MqttMessage *message, BpStr user, BpError *err)
{
    if (message->is_retained)
        return bp_fail(
            err, BP_INVALID,
            "nothing was written: a retained command would come again at each connection. Publish it "
            "without retain, and clear the topic");
    if (message->correlation.size > CONTROL_CORRELATION_MAX)
        return bp_fail(err, BP_INVALID,
                       "nothing was written: correlation data of %zu octets are more than %d",
                       message->correlation.size, CONTROL_CORRELATION_MAX);
    if (user.size && !is_source_name(user))
        return bp_fail(err, BP_INVALID,
                       "nothing was written: \"%.*s\" is no name of a source: 1 to %d of a-z 0-9 _ -",
                       BP_STR_ARGS(user), USER_MAX);
    return BP_OK;
}

static const char *why_not(const ControlMqtt *bus)
{
    if (bus->is_stale)
        return "the collector stood still, and how old this is nobody knows. Ask again";
    if (bus->options.is_away(bus->options.owner) || !pg_is_connected(bus->pg))
        return "the database is away";
    return NULL;
}

static void ask_all(ControlMqtt *bus, const Asker *by, const MqttMessage *message)
{
    static ControlAsks wishes; /* 50 of them are too many for the stack */
    BpArena arena = {0};
    BpError err;
    const char *why = why_not(bus);
    if (control_asks_read(message->payload, bus->options.site, &arena, &wishes, &err) != BP_OK)
        refuse(bus, by, -1, NULL, err.text);
    else
        for (size_t i = 0; i < wishes.count; i++) {
            const int index = wishes.is_list ? (int)i : -1;
            if (why && wishes.items[i].status == BP_OK)
                cannot(bus, by, index, wishes.items[i].key, why);
            else
                ask(bus, by, index, &wishes.items[i]);
        }
    bp_arena_done(&arena);
}

static void take(ControlMqtt *bus, const MqttMessage *message, BpStr user)
{
    BpError err;
    Asker to = {0};
    if (message->is_retained && !message->payload.size)
        return; /* somebody clears the topic */
    if (user.size && !is_word(user)) {
        tell(bus, message, "that is no name of a source");
        return;
    }
    (void)bp_str_copy(user.size ? user : bp_str(PLAIN_USER), to.user, sizeof to.user);
    choose_topic(message, user, &to);
    if (message->correlation.size && message->correlation.size <= CONTROL_CORRELATION_MAX) {
        to.correlation_size = message->correlation.size;
        memcpy(to.correlation, message->correlation.data, to.correlation_size);
    }
    if (check_message(message, user, &err) == BP_OK) {
        ask_all(bus, &to, message);
        return;
    }
    tell(bus, message, err.text);
    refuse(bus, &to, -1, NULL, err.text);
}

bool control_mqtt_message(ControlMqtt *bus, const MqttMessage *message)
{
    const BpStr topic = message->topic;
    const size_t size = sizeof COMMAND - 1;
    if (topic.size < size || memcmp(topic.data, COMMAND, size) != 0 ||
        (topic.size > size && topic.data[size] != '/'))
        return false;
    look_whether_we_stood_still(bus);
    if (!bus->options.is_another(bus->options.owner))
        take(bus, message,
             topic.size > size ? (BpStr){topic.data + size + 1, topic.size - size - 1} : (BpStr){"", 0});
    BP_INVARIANT(control_mqtt_check(bus));
    return true;
}

void control_mqtt_connected(ControlMqtt *bus)
{
    Mqtt *mqtt = bus->options.mqtt(bus->options.owner);
    char pattern[sizeof COMMAND + 2];
    bus->is_stale = false;
    snprintf(pattern, sizeof pattern, "%s/+", COMMAND);
    mqtt_subscribe(mqtt, COMMAND, 1);
    mqtt_subscribe(mqtt, pattern, 1);
}

/* ---- the parts ---- */

static void tick(void *owner)
{
    ControlMqtt *bus = owner;
    const int64_t now_us = loop_now_us(bus->options.loop);
    look_whether_we_stood_still(bus);
    if (now_us >= bus->look_at_us)
        look_at_ends(bus);
    loop_timer_set(bus->timer, now_us + TICK_US);
}

static void on_connected(void *owner)
{
    ControlMqtt *bus = owner;
    pg_reload_anew(bus->ends);
}

static void on_lost(void *owner, const BpError *why)
{
    (void)owner, (void)why; /* control says it of the same database */
}

static void on_notice(void *owner, const char *channel, const char *payload)
{
    ControlMqtt *bus = owner;
    (void)channel;
    if (bp_str_equal(bp_str(payload), bp_str(bus->options.site)))
        look_at_ends(bus);
}

ControlMqtt *control_mqtt_new(const ControlMqttOptions *options)
{
    ControlMqtt *bus = calloc(1, sizeof *bus);
    if (!bus)
        abort();
    bus->options = *options;
    bus->ticked_us = bp_boot_us();
    PgOptions database = *options->database;
    database.application_name = "bacpipes collect ask";
    database.owner = bus;
    database.on_connected = on_connected;
    database.on_lost = on_lost;
    database.on_notice = on_notice;
    bus->pg = pg_new(options->loop, &database);
    bus->ends = pg_reload_new(options->loop, bus->pg, 0, ask_ends, bus);
    bus->timer = loop_timer_new(options->loop, tick, bus);
    loop_timer_set(bus->timer, loop_now_us(options->loop) + TICK_US);
    pg_listen(bus->pg, "bacpipes_command_end");
    return bus;
}

void control_mqtt_free(ControlMqtt *bus)
{
    if (!bus)
        return;
    loop_timer_free(bus->timer);
    pg_free(bus->pg); /* answers what is being asked */
    pg_reload_free(bus->ends);
    while (bus->count)
        drop(bus, bus->asked[0]);
    free(bus);
}
