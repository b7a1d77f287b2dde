/* bacpipes alarms and ack: what devices say is wrong, as they tell of it, and that somebody has seen it. */
#include "node/device.h"
#include "say/exit.h"
#include "say/json.h"
#include "say/table.h"

#include "apps/roles.h"
#include "bacnet/service/alarm.h"
#include "base/time.h"

#include <inttypes.h>
#include <stdio.h>

enum { DEVICES_MAX = 1000 };

static int64_t watch_us, wait_us = 3 * BP_SECOND, process = 1;
static const char *source = "BacPipes";

static const CfgOption options[] = {
    {"watch", "DURATION",
     "Prints event notifications that come in, for so long, and confirms them. Devices tell those in their "
     "Recipient_List.",
     .duration_us = &watch_us},
    {"wait", "DURATION", "How long to wait for devices, where none is named. Default: 3s.",
     .duration_us = &wait_us},
    NODE_OPTIONS,
    {0},
};

static const CfgCommand alarms_command = {
    .name = "bacpipes alarms",
    .positionals = "[DEVICE]...",
    .positionals_max = DEVICES_MAX,
    .summary =
        "Lists what devices say is not normal, or not acknowledged (GetEventInformation), of those named or "
        "of all that answer a Who-Is.",
    .options = options,
    .offers_json = true,
    .details =
        NODE_DEVICE_HELP "Times are those of the device's own clock. Devices that know no alarms are left "
                         "out, unless they are named.\n"
                         "Exit codes: 0 fine, also where there is none; 1 a device refuses, 64 wrong use, "
                         "69 no answer.\n",
    .examples =
        "bacpipes alarms\nbacpipes alarms 1001 1002\nbacpipes alarms --watch 1h\nbacpipes alarms --json",
};

static const CfgOption ack_options[] = {
    {"source", "NAME", "Who has seen it, as the device keeps it. Default: BacPipes.", .text = &source},
    {"process", "N", "Our process identifier, as devices know it. Default: 1.", .integer = &process,
     .max = UINT32_MAX},
    NODE_OPTIONS,
    {0},
};

static const CfgCommand ack_command = {
    .name = "bacpipes ack",
    .positionals = "DEVICE OBJECT",
    .positionals_min = 2,
    .positionals_max = 2,
    .summary = "Acknowledges all that an object of a device has told and nobody has acknowledged "
               "(AcknowledgeAlarm).",
    .options = ack_options,
    .details = NODE_DEVICE_HELP "`bacpipes alarms DEVICE` lists what there is.\n" SAY_EXIT_CODES,
    .examples = "bacpipes ack 1001 bi,2\nbacpipes ack 1001 ai,1 --source \"A. Keeper\"",
};

typedef struct Alarms {
    const Cfg *cfg;
    BpArena *arena;
    Node *node;
    BacAddress devices[DEVICES_MAX];
    size_t device_count;
    SayTable table;
    json_t *json; /* NULL: a table */
    size_t count;
} Alarms;

static const char *const transitions[] = {"to-offnormal", "to-fault", "to-normal"};

static const char *word_of(const BacWords *words, uint32_t number)
{
    const char *text = bac_words_text(words, number);
    return text ? text : "?";
}

static size_t transition_to(uint32_t state)
{
    return state == BAC_STATE_NORMAL  ? BAC_TO_NORMAL
           : state == BAC_STATE_FAULT ? BAC_TO_FAULT
                                      : BAC_TO_OFFNORMAL;
}

static char *show_time(const BacTimestamp *time, char ret_text[BAC_DATE_TIME_TEXT_MAX])
{
    if (time->kind == BAC_TIMESTAMP_DATE_TIME)
        return bac_date_time_format(&time->date_time, ret_text);
    if (time->kind == BAC_TIMESTAMP_SEQUENCE)
        snprintf(ret_text, BAC_DATE_TIME_TEXT_MAX, "no. %u", time->sequence);
    else
        snprintf(ret_text, BAC_DATE_TIME_TEXT_MAX, "%02u:%02u:%02u", time->time.hour, time->time.minute,
                 time->time.second);
    return ret_text;
}

/* ---- what is wrong ---- */

/* Each summary of a device, until `each` returns false. */
static BpStatus ask_events(Alarms *alarms, BacPeer *peer,
                           bool (*each)(Alarms *, BacPeer *, const BacEventSummary *), BpError *err)
{
    BacGetEvents request = {0};
    for (;;) {
        uint8_t memory[32];
        BpBuf out = bp_buf(memory, sizeof memory);
        BpCursor body;
        BacRefusal refusal;
        BacGetEventsAck ack;
        BacEventSummary summary;
        bool goes_on = false;
        bac_get_events_encode(&out, &request);
        BpStatus status = node_ask(alarms->node, peer, BAC_SERVICE_CONFIRMED_GET_EVENT_INFORMATION,
                                   bp_buf_text(&out), NODE_WITH_RETRIES, &body, &refusal, err);
        if (status == BP_OK)
            status = bac_get_events_ack_decode(&body, &ack, err);
        if (status != BP_OK)
            return status;
        /* What `each` asks takes the place of this answer. */
        BpCursor summaries = ack.summaries;
        const size_t size = bp_cursor_remaining(&summaries);
        uint8_t *copy = bp_arena_take(alarms->arena, size + 1);
        memcpy(copy, bp_cursor_take(&summaries, size), size);
        summaries = bp_cursor(copy, size);
        while ((status = bac_event_summary_next(&summaries, &summary, err)) == BP_OK) {
            request.has_last = goes_on = true;
            request.last = summary.object;
            if (!each(alarms, peer, &summary))
                return BP_OK;
        }
        if (status != BP_NOT_FOUND)
            return status;
        if (!ack.has_more)
            return BP_OK;
        if (!goes_on) /* no all-clear: something is wrong, and it does not fit in an answer */
            return bp_fail(err, BP_MALFORMED, "the device says that it has more events, and sends none");
    }
}

static void list_open(const BacEventSummary *summary, BpBuf *out)
{
    for (size_t i = 0; i < BAC_TRANSITIONS; i++)
        if (!summary->is_acknowledged[i])
            bp_buf_printf(out, "%s%s", out->size ? ", " : "", transitions[i]);
}

static bool add_summary(Alarms *alarms, BacPeer *peer, const BacEventSummary *summary)
{
    char address[BAC_ADDRESS_TEXT_MAX], object[BAC_REFERENCE_TEXT_MAX], time[BAC_DATE_TIME_TEXT_MAX],
        open_text[64];
    BpBuf open = bp_buf(open_text, sizeof open_text);
    const size_t transition = transition_to(summary->state);
    const char *state = word_of(&bac_event_states, summary->state);
    bac_address_format(&peer->address, address);
    bac_object_format(summary->object, object);
    show_time(&summary->times[transition], time);
    list_open(summary, &open);
    alarms->count++;
    if (alarms->json) {
        json_array_append_new(alarms->json, json_pack("{s:s, s:s, s:s, s:s, s:i, s:o}", "device", address,
                                                      "object", object, "state", state, "since", time,
                                                      "priority", (int)summary->priorities[transition],
                                                      "unacknowledged", say_json_text(bp_buf_text(&open))));
        return true;
    }
    say_table_add(&alarms->table, bp_str(address));
    say_table_add(&alarms->table, bp_str(object));
    say_table_add(&alarms->table, bp_str(state));
    say_table_add(&alarms->table, bp_str(time));
    say_table_addf(&alarms->table, "%u", summary->priorities[transition]);
    say_table_add(&alarms->table, bp_buf_text(&open));
    return true;
}

static bool note_device(void *owner, const BacAddress *from, const BacIAm *i_am)
{
    Alarms *alarms = owner;
    (void)i_am;
    for (size_t i = 0; i < alarms->device_count; i++)
        if (bac_address_equal(&alarms->devices[i], from))
            return true;
    alarms->devices[alarms->device_count++] = *from;
    return alarms->device_count < DEVICES_MAX;
}

static BpStatus ask_everyone(Alarms *alarms, BpError *err)
{
    const NodeListener listener = {.on_i_am = note_device, .owner = alarms};
    node_who_is_everyone(alarms->node, &listener);
    node_listen(alarms->node, &listener, wait_us);
    for (size_t i = 0; i < alarms->device_count; i++) {
        BacPeer *peer = node_peer(alarms->node, &alarms->devices[i], BAC_APDU_MAX);
        const BpStatus status = ask_events(alarms, peer, add_summary, err);
        if (status != BP_OK && status != BP_REFUSED) /* refused: it knows no alarms */
            fprintf(stderr, "%s\n", err->text);
    }
    return alarms->device_count ? BP_OK : bp_fail(err, BP_TIMEOUT, "no device answered a Who-Is");
}

static BpStatus ask_named(Alarms *alarms, const CfgTexts *names, BpError *err)
{
    for (size_t i = 0; i < names->count; i++) {
        BacPeer *peer;
        BpStatus status = node_device_find(alarms->node, alarms->cfg, names->items[i], &peer, err);
        if (status == BP_OK)
            status = ask_events(alarms, peer, add_summary, err);
        if (status != BP_OK)
            return status;
    }
    return BP_OK;
}

/* ---- as they are told ---- */

static void confirm(Node *node, const BacDatagram *datagram)
{
    uint8_t memory[64];
    BpBuf out = bp_buf(memory, sizeof memory);
    const BacApdu ack = {.type = BAC_SIMPLE_ACK,
                         .invoke_id = datagram->apdu.invoke_id,
                         .service = BAC_SERVICE_CONFIRMED_EVENT_NOTIFICATION};
    const size_t begin =
        bac_datagram_begin(&out, BAC_BVLC_ORIGINAL_UNICAST, &datagram->from, NULL, false, &ack);
    bac_datagram_end(&out, begin);
    node_send(node, &datagram->from, bp_buf_text(&out));
}

static void show_notification(const Alarms *alarms, const BacEventNotification *told)
{
    char object[BAC_REFERENCE_TEXT_MAX], time[BAC_DATE_TIME_TEXT_MAX], message[256] = "";
    BpBuf text = bp_buf(message, sizeof message - 1);
    const bool is_ack = told->notify_type == BAC_NOTIFY_ACKNOWLEDGEMENT;
    if (told->message.type == BAC_CHARACTER_STRING)
        bac_value_format(&text, &told->message);
    message[text.failed ? 0 : text.size] = '\0';
    bac_object_format(told->object, object);
    show_time(&told->time, time);
    const char *from = told->has_from_state ? word_of(&bac_event_states, told->from_state) : "";
    const char *to = word_of(&bac_event_states, told->to_state);
    if (alarms->json)
        json_dumpf(json_pack("{s:I, s:s, s:s, s:s, s:s, s:i, s:b, s:s}", "device", (json_int_t)told->device,
                             "object", object, "from", from, "to", to, "time", time, "priority",
                             (int)told->priority, "acknowledgement", is_ack, "message", message),
                   stdout, JSON_COMPACT);
    else if (is_ack)
        printf("%s  device %" PRIu32 "  %s  %s is acknowledged", time, told->device, object, to);
    else
        printf("%s  device %" PRIu32 "  %s  %s -> %s  priority %u%s%s", time, told->device, object, from, to,
               told->priority, *message ? "  " : "", message);
    printf("\n");
    fflush(stdout);
}

static void on_datagram(void *owner, const BacDatagram *datagram)
{
    Alarms *alarms = owner;
    const BacApdu *apdu = &datagram->apdu;
    const bool is_confirmed = datagram->has_apdu && apdu->type == BAC_CONFIRMED_REQUEST &&
                              apdu->service == BAC_SERVICE_CONFIRMED_EVENT_NOTIFICATION && !apdu->segmented;
    const bool is_unconfirmed = datagram->has_apdu && apdu->type == BAC_UNCONFIRMED_REQUEST &&
                                apdu->service == BAC_SERVICE_UNCONFIRMED_EVENT_NOTIFICATION;
    BpCursor in = datagram->body;
    BacEventNotification told;
    if ((!is_confirmed && !is_unconfirmed) || bac_event_notification_decode(&in, &told, NULL) != BP_OK)
        return;
    if (is_confirmed)
        confirm(alarms->node, datagram);
    alarms->count++;
    show_notification(alarms, &told);
}

/* ---- telling ---- */

static int tell(Alarms *alarms)
{
    if (watch_us)
        return EX_OK; /* each was told as it came */
    if (alarms->json)
        say_json_print(json_incref(alarms->json));
    else if (alarms->count)
        say_table_print(&alarms->table, stdout, say_terminal_width(stdout));
    else
        fprintf(stderr, "Nothing is wrong, and all is acknowledged.\n");
    return EX_OK;
}

static BpStatus look(Alarms *alarms, const CfgTexts *names, BpError *err)
{
    const NodeListener listener = {.on_datagram = on_datagram, .owner = alarms};
    if (watch_us) {
        node_listen(alarms->node, &listener, watch_us);
        return BP_OK;
    }
    return names->count ? ask_named(alarms, names, err) : ask_everyone(alarms, err);
}

static int run_alarms(const CfgArguments *arguments, const Cfg *cfg, BpArena *arena)
{
    static const SayColumn columns[] = {{"device"},
                                        {"object"},
                                        {"state"},
                                        {"since"},
                                        {"priority", .is_number = true},
                                        {"not acknowledged", .may_be_cut = true}};
    BpError err;
    Alarms *alarms = bp_arena_take(arena, sizeof *alarms);
    alarms->cfg = cfg;
    alarms->arena = arena;
    alarms->json = arguments->json ? json_array() : NULL;
    say_table_init(&alarms->table, columns, sizeof columns / sizeof columns[0]);
    const int code =
        node_new(cfg, &alarms->node, &err) == BP_OK && look(alarms, &arguments->positionals, &err) == BP_OK
            ? tell(alarms)
            : say_fail(alarms_command.name, &err);
    node_free(alarms->node);
    say_table_done(&alarms->table);
    json_decref(alarms->json);
    return code;
}

int ask_alarms_main(int argc, char **argv)
{
    return cfg_run(&alarms_command, argc, argv, run_alarms);
}

/* ---- acknowledging ---- */

typedef struct Acking {
    Alarms alarms;
    BacObjectId object;
    BacEventSummary summary;
    bool found;
} Acking;

static bool keep_wanted(Alarms *alarms, BacPeer *peer, const BacEventSummary *summary)
{
    Acking *acking = (Acking *)alarms; /* its alarms come first */
    (void)peer;
    if (!bac_object_equal(summary->object, acking->object))
        return true;
    acking->summary = *summary;
    acking->found = true;
    return false;
}

/* The state that a transition led to: that of now, or, where it is over, any of its kind is taken. */
static uint32_t state_of(const BacEventSummary *summary, size_t transition)
{
    if (transition_to(summary->state) == transition)
        return summary->state;
    return transition == BAC_TO_NORMAL  ? BAC_STATE_NORMAL
           : transition == BAC_TO_FAULT ? BAC_STATE_FAULT
                                        : BAC_STATE_OFFNORMAL;
}

/* A high limit that is over is to be acknowledged as such, and the device no longer says which it was. */
static BpStatus acknowledge(Acking *acking, BacPeer *peer, size_t transition, BpError *err)
{
    static const uint32_t otherwise[] = {BAC_STATE_HIGH_LIMIT, BAC_STATE_LOW_LIMIT};
    const BacTimestamp now = {.kind = BAC_TIMESTAMP_DATE_TIME, .date_time = bac_date_time_at(bp_wall_us())};
    BacAcknowledgeAlarm request = {
        .process = (uint32_t)process,
        .object = acking->object,
        .state = state_of(&acking->summary, transition),
        .time = acking->summary.times[transition],
        .source = {.type = BAC_CHARACTER_STRING, .text = {BAC_UTF_8, bp_cursor(source, strlen(source))}},
        .ack_time = now};
    BpStatus status;
    for (size_t i = 0;; i++) {
        uint8_t memory[512];
        BpBuf out = bp_buf(memory, sizeof memory);
        BpCursor body;
        BacRefusal refusal = {0};
        bac_acknowledge_alarm_encode(&out, &request);
        if (out.failed)
            return bp_fail(err, BP_INVALID, "--source is too long");
        status = node_ask(acking->alarms.node, peer, BAC_SERVICE_CONFIRMED_ACKNOWLEDGE_ALARM,
                          bp_buf_text(&out), NODE_WITH_RETRIES, &body, &refusal, err);
        if (status != BP_REFUSED || refusal.code != BAC_CODE_INVALID_EVENT_STATE || i == 2 ||
            transition != BAC_TO_OFFNORMAL)
            return status;
        request.state = otherwise[i];
    }
}

static BpStatus ack(Acking *acking, const char *device, const char *object, BpError *err)
{
    BacPeer *peer;
    size_t count = 0;
    BP_TRY(bac_object_parse(bp_str(object), &acking->object, err));
    BP_TRY(node_new(acking->alarms.cfg, &acking->alarms.node, err));
    BP_TRY(node_device_find(acking->alarms.node, acking->alarms.cfg, device, &peer, err));
    BP_TRY(ask_events(&acking->alarms, peer, keep_wanted, err));
    for (size_t i = 0; acking->found && i < BAC_TRANSITIONS; i++) {
        if (acking->summary.is_acknowledged[i])
            continue;
        BP_TRY(acknowledge(acking, peer, i, err));
        printf("%s: %s is acknowledged\n", object, transitions[i]);
        count++;
    }
    if (count == 0)
        return bp_fail(err, BP_NOT_FOUND, "%s has nothing to acknowledge", object);
    return BP_OK;
}

static int run_ack(const CfgArguments *arguments, const Cfg *cfg, BpArena *arena)
{
    BpError err;
    Acking *acking = bp_arena_take(arena, sizeof *acking);
    const char *const *words = arguments->positionals.items;
    acking->alarms.cfg = cfg;
    acking->alarms.arena = arena;
    const int code =
        ack(acking, words[0], words[1], &err) == BP_OK ? EX_OK : say_fail(ack_command.name, &err);
    node_free(acking->alarms.node);
    return code;
}

int ask_ack_main(int argc, char **argv)
{
    return cfg_run(&ack_command, argc, argv, run_ack);
}
