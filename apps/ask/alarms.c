/* bacpipes alarms: what devices say is wrong, when they are asked or as they tell of it. */
#include "apps/ask/events.h"
#include "bacnet/service/event_notification.h"
#include "node/device.h"
#include "node/tool.h"
#include "say/exit.h"
#include "say/json.h"
#include "say/table.h"

#include "apps/roles.h"
#include "base/time.h"

#include <inttypes.h>
#include <stdio.h>

enum { DEVICES_MAX = 1000 };

static int64_t watch_us, wait_us = 3 * BP_SECOND;

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

static const CfgCommand command = {
    .name = "bacpipes alarms",
    .positionals = "[DEVICE]...",
    .positionals_max = DEVICES_MAX,
    .summary =
        "Lists what devices say is not normal, or not acknowledged (GetEventInformation), of those named or "
        "of all that answer a Who-Is.",
    .options = options,
    .offers_json = true,
    .details = NODE_DEVICE_HELP
    "Times are those of the device's own clock, which knows no zone. Devices that know no alarms are left "
    "out, unless they are named.\n"
    "Where there is no alarm the exit code is 0, too.\n" SAY_EXIT_CODES,
    .examples =
        "bacpipes alarms\nbacpipes alarms 1001 1002\nbacpipes alarms --watch 1h\nbacpipes alarms --json",
};

typedef struct Alarms {
    const Cfg *cfg;
    BpArena *arena;
    Node *node;
    BacAddress devices[DEVICES_MAX];
    size_t device_count;
    size_t failed_count; /* of them, that did not answer or answered wrongly */
    SayTable table;
    json_t *json; /* NULL: a table */
    size_t count;
} Alarms;

static void list_open(const BacEventSummary *summary, BpBuf *out)
{
    for (size_t i = 0; i < BAC_TRANSITIONS; i++)
        if (!summary->is_acknowledged[i])
            bp_buf_printf(out, "%s%s", out->size ? ", " : "", ask_event_transitions[i]);
}

static bool add_summary(void *owner, BacPeer *peer, const BacEventSummary *summary)
{
    Alarms *alarms = owner;
    char address[BAC_ADDRESS_TEXT_MAX], object[BAC_REFERENCE_TEXT_MAX], time[BAC_DATE_TIME_TEXT_MAX],
        open_text[64];
    BpBuf open = bp_buf(open_text, sizeof open_text);
    const size_t transition = ask_event_transition(summary->state);
    const char *state = ask_event_word(&bac_event_states, summary->state);
    bac_address_format(&peer->address, address);
    bac_object_format(summary->object, object);
    ask_event_time(&summary->times[transition], time);
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
    const AskEvents events = {alarms->node, alarms->arena, add_summary, alarms};
    const NodeListener listener = {.on_i_am = note_device, .owner = alarms};
    node_who_is_everyone(alarms->node, &listener);
    node_listen(alarms->node, &listener, wait_us);
    for (size_t i = 0; i < alarms->device_count; i++) {
        BacPeer *peer = node_peer(alarms->node, &alarms->devices[i], BAC_APDU_MAX);
        const BpStatus status = ask_events(&events, peer, err);
        if (status == BP_OK || status == BP_REFUSED) /* refused: it knows no alarms */
            continue;
        fprintf(stderr, "%s\n", err->text);
        alarms->failed_count++;
    }
    return alarms->device_count ? BP_OK : bp_fail(err, BP_TIMEOUT, "no device answered a Who-Is");
}

static BpStatus ask_named(Alarms *alarms, const CfgTexts *names, BpError *err)
{
    const AskEvents events = {alarms->node, alarms->arena, add_summary, alarms};
    for (size_t i = 0; i < names->count; i++) {
        BacPeer *peer;
        BP_TRY(node_device_find(alarms->node, alarms->cfg, names->items[i], &peer, err));
        BP_TRY(ask_events(&events, peer, err));
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
    ask_event_time(&told->time, time);
    const char *from = told->has_from_state ? ask_event_word(&bac_event_states, told->from_state) : "";
    const char *to = ask_event_word(&bac_event_states, told->to_state);
    if (alarms->json) {
        say_json_print_line(json_pack("{s:I, s:s, s:s, s:s, s:s, s:i, s:b, s:s}", "device",
                                      (json_int_t)told->device, "object", object, "from", from, "to", to,
                                      "time", time, "priority", (int)told->priority, "acknowledgement",
                                      is_ack, "message", message));
        return;
    }
    if (is_ack) {
        printf("%s  device %" PRIu32 "  %s  %s is acknowledged", time, told->device, object, to);
    } else {
        printf("%s  device %" PRIu32 "  %s  %s -> %s  priority %u%s%s", time, told->device, object, from, to,
               told->priority, *message ? "  " : "", message);
    }
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
    if (watch_us && alarms->count == 0)
        fprintf(stderr, "Nothing was told in that time.\n");
    if (watch_us)
        return EX_OK; /* each was told as it came */
    if (alarms->json)
        say_json_print(json_incref(alarms->json));
    else if (alarms->count)
        say_table_print(&alarms->table, stdout, say_terminal_width(stdout));
    else if (alarms->failed_count == 0)
        fprintf(stderr, "Nothing is wrong, and all is acknowledged.\n");
    if (alarms->failed_count == 0)
        return EX_OK;
    BpError err;
    bp_fail(&err, BP_TIMEOUT, "%s%zu of %zu devices did not say: their alarms are not known",
            alarms->count ? "" : "nothing is wrong with the others, but ", alarms->failed_count,
            alarms->device_count);
    return say_fail(command.name, &err);
}

static BpStatus look(Alarms *alarms, const CfgTexts *names, BpError *err)
{
    const NodeListener listener = {.on_datagram = on_datagram, .owner = alarms};
    if (watch_us) {
        char span[BP_TIME_TEXT_MAX];
        fprintf(stderr, "Watching for %s: what devices tell comes as it happens, Ctrl-C ends it sooner.\n",
                bp_interval_format(watch_us, span));
        node_listen(alarms->node, &listener, watch_us);
        return BP_OK;
    }
    return names->count ? ask_named(alarms, names, err) : ask_everyone(alarms, err);
}

static int run(const CfgArguments *arguments, const Cfg *cfg, BpArena *arena)
{
    static const SayColumn columns[] = {{"device"},
                                        {"object"},
                                        {"state"},
                                        {"since (device's clock)"},
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
            : say_fail(command.name, &err);
    node_free(alarms->node);
    say_table_done(&alarms->table);
    json_decref(alarms->json);
    return code;
}

int ask_alarms_main(int argc, char **argv)
{
    return node_run(&command, argc, argv, run);
}
