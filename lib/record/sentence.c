#include "record/sentence.h"

#include "base/random.h"
#include "record/link.h"
#include "record/people.h"
#include "say/number.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { COMMANDS_KEPT = 512, SUMMARY_MAX = 400, SHOWN_FIELD_MAX = 120, WORKING_MAX = 65536 };

/* What a command wanted, for the sentence of its end. */
typedef struct Command {
    char id[37];
    char summary[SUMMARY_MAX];
    char who[64], source[64];
} Command;

struct RecordSpeaker {
    const RecordNames *names;
    Command commands[COMMANDS_KEPT]; /* a ring */
    size_t count;
};

RecordSpeaker *record_speaker_new(const RecordNames *names)
{
    RecordSpeaker *speaker = calloc(1, sizeof *speaker);
    if (!speaker)
        abort();
    speaker->names = names;
    return speaker;
}

void record_speaker_free(RecordSpeaker *speaker)
{
    free(speaker);
}

/* ---- plain text ---- */

/* Length of the UTF-8 letter in front, 0 where it is none; *ret_code is what it is. */
static size_t letter(BpStr text, uint32_t *ret_code)
{
    const uint8_t *octets = (const uint8_t *)text.data;
    const size_t size = octets[0] < 0x80 ? 1 : octets[0] < 0xE0 ? 2 : octets[0] < 0xF0 ? 3 : 4;
    if (size > text.size || !bp_str_is_utf8((BpStr){text.data, size}))
        return 0;
    uint32_t code = size == 1 ? octets[0] : octets[0] & (0xFFU >> (size + 1));
    for (size_t i = 1; i < size; i++)
        code = code << 6 | (octets[i] & 0x3FU);
    *ret_code = code;
    return size;
}

static bool is_unseen(uint32_t code)
{
    return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x200E || code == 0x200F ||
           (code >= 0x2028 && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069) || code == 0xFEFF;
}

void record_plain(BpBuf *out, BpStr text)
{
    while (text.size) {
        uint32_t code = 0;
        const size_t size = letter(text, &code);
        if (size == 0)
            bp_buf_printf(out, "\\x%02x", (uint8_t)text.data[0]);
        else if (is_unseen(code))
            bp_buf_printf(out, code < 0x100 ? "\\x%02x" : "\\u%04x", (unsigned)code);
        else
            bp_buf_str(out, (BpStr){text.data, size});
        text.data += size ? size : 1;
        text.size -= size ? size : 1;
    }
}

/* ---- fields ---- */

static const char *text_of(const json_t *body, const char *name)
{
    return json_string_value(json_object_get(body, name));
}

static int64_t integer_of(const json_t *body, const char *name)
{
    return json_integer_value(json_object_get(body, name));
}

static void add_value(BpBuf *out, const json_t *value)
{
    if (json_is_number(value))
        say_number(out, json_number_value(value));
    else if (json_is_string(value))
        bp_buf_printf(out, "%.*s", SHOWN_FIELD_MAX, json_string_value(value));
    else {
        char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
        bp_buf_printf(out, "%.*s%s", SHOWN_FIELD_MAX, text ? text : "null",
                      text && strlen(text) > SHOWN_FIELD_MAX ? "..." : "");
        free(text);
    }
}

static void add_point(const RecordSpeaker *speaker, int64_t id, BpBuf *out)
{
    const RecordName *point = record_names_point(speaker->names, id);
    if (point)
        bp_buf_str(out, point->name);
    else
        bp_buf_printf(out, "point %" PRId64, id);
}

static const char *who_of(const json_t *body)
{
    const json_t *who = json_object_get(body, "who");
    const char *person = text_of(who, "person"), *created_by = text_of(body, "created_by");
    return person ? person : created_by ? created_by : text_of(who, "role");
}

static Command *command_of(const RecordSpeaker *speaker, const char *id)
{
    const size_t kept = speaker->count < COMMANDS_KEPT ? speaker->count : COMMANDS_KEPT;
    for (size_t i = 0; id && i < kept; i++) {
        const Command *command = &speaker->commands[(speaker->count - 1 - i) % COMMANDS_KEPT];
        if (strcmp(command->id, id) == 0)
            return (Command *)(uintptr_t)command;
    }
    return NULL;
}

RecordAbout record_about(const RecordSpeaker *speaker, const JournalEntry *entry, const json_t *body)
{
    RecordAbout about = {.who = who_of(body), .source = text_of(body, "source")};
    const json_t *key = json_object_get(body, "key");
    const Command *command = command_of(speaker, text_of(body, "id"));
    about.point_id = integer_of(body, "point_id");
    if (bp_str_equal(entry->kind, bp_str("point")))
        about.point_id = json_integer_value(key);
    if (bp_str_equal(entry->kind, bp_str("device")))
        about.device_id = json_integer_value(key);
    if (command && !about.who && *command->who)
        about.who = command->who;
    if (command && !about.source && *command->source)
        about.source = command->source;
    const RecordName *point = about.point_id ? record_names_point(speaker->names, about.point_id) : NULL;
    if (point)
        about.device_id = point->device_id;
    return about;
}

/* ---- commands ---- */

/* "AHU-1/SAT-C 14.5 at 8 for 2 h". */
static void summarise(const RecordSpeaker *speaker, const json_t *body, BpBuf *out)
{
    const json_t *value = json_object_get(body, "value");
    const char *state = text_of(body, "state"), *release_after = text_of(body, "release_after");
    add_point(speaker, integer_of(body, "point_id"), out);
    if (state)
        bp_buf_printf(out, " \"%.*s\"", SHOWN_FIELD_MAX, state);
    else if (value && !json_is_null(value)) {
        bp_buf_printf(out, " ");
        add_value(out, value);
    }
    bp_buf_printf(out, " at %" PRId64, integer_of(body, "priority"));
    if (release_after)
        bp_buf_printf(out, " for %.40s", release_after);
    if (text_of(body, "execute_at"))
        bp_buf_printf(out, " from %.40s on", text_of(body, "execute_at"));
}

static const char *verb_of(const json_t *body, bool is_done)
{
    const char *type = text_of(body, "command_type");
    const bool is_release = type && strcmp(type, "release_priority") == 0;
    return is_release ? is_done ? "released" : "asked to release" : is_done ? "wrote" : "asked to write";
}

static void keep_command(RecordSpeaker *speaker, const json_t *body)
{
    const char *id = text_of(body, "id"), *who = who_of(body), *source = text_of(body, "source");
    if (!id)
        return;
    Command *command = &speaker->commands[speaker->count++ % COMMANDS_KEPT];
    memset(command, 0, sizeof *command);
    BpBuf out = bp_buf(command->summary, sizeof command->summary - 1);
    bp_buf_printf(&out, "%s ", verb_of(body, true));
    summarise(speaker, body, &out);
    (void)bp_str_copy(bp_str(id), command->id, sizeof command->id);
    (void)bp_str_copy(bp_str(who ? who : ""), command->who, sizeof command->who);
    (void)bp_str_copy(bp_str(source ? source : ""), command->source, sizeof command->source);
}

static void add_who(BpBuf *out, const char *who, const char *source)
{
    bp_buf_printf(out, "%s", who && *who ? who : source && *source ? source : "somebody");
    if (source && *source && who && *who)
        bp_buf_printf(out, " (%s)", source);
    bp_buf_printf(out, " ");
}

static void say_command(RecordSpeaker *speaker, const json_t *body, BpBuf *out)
{
    const char *status = text_of(body, "status"), *rule = text_of(body, "rule"),
               *reason = text_of(body, "reason"), *text = text_of(body, "error_message");
    add_who(out, who_of(body), text_of(body, "source"));
    bp_buf_printf(out, "%s ", verb_of(body, false));
    summarise(speaker, body, out);
    if (reason && *reason)
        bp_buf_printf(out, ", \"%.200s\"", reason);
    if (status && strcmp(status, "refused") == 0)
        bp_buf_printf(out, ": refused (%s)%s%.300s", rule ? rule : "?", text ? ": " : "", text ? text : "");
}

static void say_event(RecordSpeaker *speaker, const json_t *body, BpBuf *out)
{
    const char *id = text_of(body, "id"), *event = text_of(body, "event"),
               *verdict = text_of(body, "verdict"), *text = text_of(body, "text");
    const Command *command = command_of(speaker, id);
    const bool was_sent =
        event && (strcmp(event, "completed") == 0 || (verdict && strcmp(verdict, "not-sent") != 0));
    if (command && was_sent) {
        add_who(out, command->who, command->source);
        bp_buf_printf(out, "%s: ", command->summary);
    } else {
        add_point(speaker, integer_of(body, "point_id"), out);
        if (json_object_get(body, "priority"))
            bp_buf_printf(out, " at %" PRId64, integer_of(body, "priority"));
        if (command && *command->who)
            bp_buf_printf(out, ", as %s (%s) asked", command->who, command->source);
        bp_buf_printf(out, ": ");
    }
    bp_buf_printf(out, "%s", verdict ? verdict : event ? event : "?");
    if (text)
        bp_buf_printf(out, ": %.320s", text);
}

/* ---- rows that were changed ---- */

static void add_changes(const json_t *body, BpBuf *out)
{
    json_t *before = json_object_get(body, "old"), *after = json_object_get(body, "new"), *value;
    const char *name, *between = ": ";
    json_object_foreach (after, name, value) {
        bp_buf_printf(out, "%s%s ", between, name);
        add_value(out, json_object_get(before, name));
        bp_buf_printf(out, " -> ");
        add_value(out, value);
        between = ", ";
    }
}

static void say_setting(const json_t *body, BpBuf *out)
{
    const char *op = text_of(body, "op"), *name = text_of(body, "key");
    const json_t *before = json_object_get(json_object_get(body, "old"), "value"),
                 *after = json_object_get(json_object_get(body, "new"), "value");
    if (op && strcmp(op, "delete") == 0) {
        bp_buf_printf(out, "took back setting %s, which was ", name ? name : "?");
        add_value(out, before);
        return;
    }
    bp_buf_printf(out, "set %s to ", name ? name : "?");
    add_value(out, after);
    if (before) {
        bp_buf_printf(out, ", which was ");
        add_value(out, before);
    }
}

static void say_change(const RecordSpeaker *speaker, const JournalEntry *entry, const json_t *body,
                       BpBuf *out)
{
    const char *op = text_of(body, "op"), *table = text_of(body, "table");
    const json_t *key = json_object_get(body, "key");
    const bool is_update = op && strcmp(op, "update") == 0, is_delete = op && strcmp(op, "delete") == 0;
    const json_t *row = json_object_get(body, is_delete ? "old" : "new");
    const char *name = is_update ? NULL : text_of(row, "name");
    add_who(out, who_of(body), NULL);
    if (bp_str_equal(entry->kind, bp_str("setting"))) {
        say_setting(body, out);
        return;
    }
    bp_buf_printf(out, "%s ", is_update ? "changed" : is_delete ? "removed" : "added");
    const bool is_point = bp_str_equal(entry->kind, bp_str("point"));
    const RecordName *device = is_point ? NULL : record_names_device(speaker->names, json_integer_value(key));
    if (name && *name)
        bp_buf_printf(out, "%s %.*s", table ? table : "row", SHOWN_FIELD_MAX, name);
    else if (is_point)
        add_point(speaker, json_integer_value(key), out);
    else if (device)
        bp_buf_printf(out, "device %.*s", BP_STR_ARGS(device->name));
    else {
        bp_buf_printf(out, "%s ", table ? table : "row");
        if (key)
            add_value(out, key);
    }
    if (is_update)
        add_changes(body, out);
}

/* ---- the others ---- */

static void say_alarm(const json_t *body, BpBuf *out)
{
    const char *event = text_of(body, "event"), *severity = text_of(body, "severity"),
               *text = text_of(body, "text");
    const bool has_returned = event && strcmp(event, "returned") == 0;
    bp_buf_printf(out, "alarm %s (%s): %.400s", has_returned ? "over" : "raised", severity ? severity : "?",
                  text ? text : "?");
}

/* What goes between a central and a site. */
static bool say_afar(const json_t *body, const char *event, BpBuf *out)
{
    const char *what = text_of(body, "what"), *why = text_of(body, "why"), *text = text_of(body, "text");
    if (strcmp(event, "asked_of_site") == 0) {
        const json_t *asked = json_object_get(body, "asked");
        const char *site = text_of(body, "of_site"), *id = text_of(asked, "id");
        const bool is_taken_back =
            what && (strcmp(what, "command_cancel") == 0 || strcmp(what, "change_cancel") == 0);
        add_who(out, who_of(body), NULL);
        bp_buf_printf(out, "asked site %s %s %s %.8s", site ? site : "?",
                      is_taken_back ? "to take back" : "for",
                      what && strncmp(what, "command", 7) == 0 ? "command" : "change", id ? id : "?");
        if (what && strcmp(what, "command") == 0)
            bp_buf_printf(out, " of point %" PRId64, integer_of(asked, "point_id"));
    } else if (strcmp(event, "change_ended") == 0) {
        const char *outcome = text_of(body, "outcome");
        add_who(out, who_of(body), NULL);
        bp_buf_printf(out, "asked from central for a change (%s): %s%s%.400s", what ? what : "?",
                      outcome ? outcome : "?", text ? ": " : "", text ? text : "");
    } else if (strcmp(event, "not_carried_out") == 0) {
        const char *kind = text_of(body, "kind");
        bp_buf_printf(out, "what central asked for (%s) could not be carried out: %.400s", kind ? kind : "?",
                      why ? why : "?");
    } else
        return false;
    return true;
}

static bool say_audit(const json_t *body, BpBuf *out)
{
    const char *event = text_of(body, "event"), *source = text_of(body, "source"), *op = text_of(body, "op");
    if (event && strcmp(event, "user") == 0)
        return record_say_person(body, who_of(body), out);
    if (event && say_afar(body, event, out))
        return true;
    if (record_say_link(body, who_of(body), out))
        return true;
    if (event && strcmp(event, "pruned") == 0)
        bp_buf_printf(
            out, "what was a year old was dropped from the journal: epoch %" PRId64 " up to seq %" PRId64,
            integer_of(body, "epoch"), integer_of(body, "seq"));
    else if (event && strcmp(event, "given_up") == 0)
        bp_buf_printf(
            out, "%" PRId64 " frames of readings that were not sent were dropped: the disk is nearly full",
            integer_of(body, "frames"));
    else if (event && strcmp(event, "refusals") == 0)
        bp_buf_printf(out, "%" PRId64 " more commands of source %s were refused in the minute from %s (%s)",
                      integer_of(body, "count"), source ? source : "?",
                      text_of(body, "minute") ? text_of(body, "minute") : "?",
                      text_of(body, "rule") ? text_of(body, "rule") : "?");
    else if (event && strcmp(event, "source") == 0) {
        const json_t *row = json_object_get(body, op && strcmp(op, "delete") == 0 ? "old" : "new");
        const bool is_insert = op && strcmp(op, "insert") == 0, is_delete = op && strcmp(op, "delete") == 0;
        add_who(out, who_of(body), NULL);
        bp_buf_printf(out, "%s source %s",
                      is_insert   ? "added"
                      : is_delete ? "removed"
                                  : "changed",
                      text_of(row, "name") ? text_of(row, "name") : "?");
        if (!is_insert && !is_delete) {
            json_t *before = json_object_get(body, "old"), *value;
            const char *name, *between = ": ";
            json_object_foreach (json_object_get(body, "new"), name, value)
                if (!json_equal(value, json_object_get(before, name))) {
                    bp_buf_printf(out, "%s%s ", between, name);
                    add_value(out, json_object_get(before, name));
                    bp_buf_printf(out, " -> ");
                    add_value(out, value);
                    between = ", ";
                }
        }
    } else
        return false;
    return true;
}

/* How all of a kind stand: nothing has come of it, and nobody did anything. */
static bool say_state(BpStr kind, const json_t *body, BpBuf *out)
{
    const char *op = text_of(body, "op");
    const size_t count = json_array_size(json_object_get(body, "rows"));
    if (!op || strcmp(op, "state") != 0)
        return false;
    if (bp_str_equal(kind, bp_str("device_status")))
        kind = bp_str("device");
    if (count == 0)
        bp_buf_printf(out, "central was told that there is no %.*s", BP_STR_ARGS(kind));
    else
        bp_buf_printf(out, "how %zu %.*s%s %s was told central", count, BP_STR_ARGS(kind),
                      count == 1 ? "" : "s", count == 1 ? "is" : "are");
    return true;
}

/* Devices that answer, or do not: a few by name. */
static void say_status(const RecordSpeaker *speaker, const json_t *body, BpBuf *out)
{
    enum { SHOWN_DEVICES_MAX = 5 };
    const json_t *rows = json_object_get(body, "rows");
    const size_t count = json_array_size(rows);
    for (size_t i = 0; i < count && i < SHOWN_DEVICES_MAX; i++) {
        const json_t *row = json_array_get(rows, i);
        const char *state = text_of(row, "state"), *reason = text_of(row, "reason");
        const RecordName *device = record_names_device(speaker->names, integer_of(row, "device_id"));
        bp_buf_printf(out, "%sdevice ", i ? ", " : "");
        if (device)
            bp_buf_str(out, device->name);
        else
            bp_buf_printf(out, "%" PRId64, integer_of(row, "device_id"));
        bp_buf_printf(out, " is %s%s%.200s", state ? state : "not looked at any more",
                      reason && *reason ? ": " : "", reason ? reason : "");
    }
    if (count > SHOWN_DEVICES_MAX)
        bp_buf_printf(out, ", and %zu more", count - SHOWN_DEVICES_MAX);
}

/* What is held, and by whom; what stands at devices. */
static void say_held(const RecordSpeaker *speaker, const json_t *body, bool is_ours, BpBuf *out)
{
    enum { SHOWN_HELD_MAX = 5 };
    const json_t *rows = json_object_get(body, "rows");
    const char *op = text_of(body, "op");
    const size_t count = json_array_size(rows);
    const bool is_set = op && strcmp(op, "set") == 0;
    for (size_t i = 0; i < count && i < SHOWN_HELD_MAX; i++) {
        const json_t *row = json_array_get(rows, i), *value = json_object_get(row, "value");
        const char *text = text_of(row, is_ours ? "text" : "state_text"), *who = text_of(row, "created_by");
        bp_buf_printf(out, "%s", i ? ", " : "");
        add_point(speaker, integer_of(row, "point_id"), out);
        bp_buf_printf(out, " is %s%s", is_set ? "" : "no longer ", is_ours ? "held" : "overridden");
        if (is_set && (text || json_is_number(value))) {
            bp_buf_printf(out, ": ");
            if (text)
                bp_buf_printf(out, "%.*s", SHOWN_FIELD_MAX, text);
            else
                add_value(out, value);
        }
        bp_buf_printf(out, " at %" PRId64, integer_of(row, "priority"));
        if (is_set && who)
            bp_buf_printf(out, ", by %.*s", SHOWN_FIELD_MAX, who);
    }
    if (count > SHOWN_HELD_MAX)
        bp_buf_printf(out, ", and %zu more", count - SHOWN_HELD_MAX);
}

/* How far it is that central asked for. */
static void say_job(const json_t *body, BpBuf *out)
{
    const char *id = text_of(body, "id"), *status = text_of(body, "status"), *text = text_of(body, "text");
    const double progress = json_number_value(json_object_get(body, "progress"));
    bp_buf_printf(out, "job %.8s, which central asked for: %s", id ? id : "?", status ? status : "?");
    if (status && strcmp(status, "executing") == 0 && progress > 0 && progress <= 1)
        bp_buf_printf(out, ", %d %%", (int)(progress * 100));
    bp_buf_printf(out, "%s%.400s", text && *text ? ": " : "", text ? text : "");
}

static void say_checkpoint(const json_t *body, BpBuf *out)
{
    const char *key = text_of(body, "key");
    bp_buf_printf(out, "signed up to seq %" PRId64 " with key %.8s", integer_of(body, "seq"),
                  key ? key : "?");
}

static void say_epoch(const json_t *body, BpBuf *out)
{
    const char *reason = text_of(body, "reason");
    const json_t *previous = json_object_get(body, "previous");
    bp_buf_printf(out, "the journal begins%s: %s", json_is_object(previous) ? " anew" : "",
                  reason && strcmp(reason, "new") == 0        ? "the site is new"
                  : reason && strcmp(reason, "restored") == 0 ? "the database was put back"
                  : reason && strcmp(reason, "unknown") == 0
                      ? "what the collector kept outside the database was gone"
                  : reason ? reason
                           : "?");
    if (json_is_object(previous))
        bp_buf_printf(out, "; before it was epoch %" PRId64 ", up to seq %" PRId64,
                      integer_of(previous, "epoch"), integer_of(previous, "seq"));
}

static void say_raw(const JournalEntry *entry, BpBuf *out)
{
    bp_buf_printf(out, "%.*s ", BP_STR_ARGS(entry->kind));
    bp_buf_str(out, entry->body);
}

static bool say(RecordSpeaker *speaker, const JournalEntry *entry, const json_t *body, BpBuf *out)
{
    const BpStr kind = entry->kind;
    if (!json_is_object(body) || integer_of(body, "v") != 1)
        return false;
    if (say_state(kind, body, out))
        return true;
    if (bp_str_equal(kind, bp_str("command"))) {
        keep_command(speaker, body);
        say_command(speaker, body, out);
    } else if (bp_str_equal(kind, bp_str("command_event")))
        say_event(speaker, body, out);
    else if (bp_str_equal(kind, bp_str("device")) || bp_str_equal(kind, bp_str("point")) ||
             bp_str_equal(kind, bp_str("setting")))
        say_change(speaker, entry, body, out);
    else if (bp_str_equal(kind, bp_str("alarm")))
        say_alarm(body, out);
    else if (bp_str_equal(kind, bp_str("device_status")))
        say_status(speaker, body, out);
    else if (bp_str_equal(kind, bp_str("hold")) || bp_str_equal(kind, bp_str("override")))
        say_held(speaker, body, bp_str_equal(kind, bp_str("hold")), out);
    else if (bp_str_equal(kind, bp_str("job")))
        say_job(body, out);
    else if (bp_str_equal(kind, bp_str("checkpoint")))
        say_checkpoint(body, out);
    else if (bp_str_equal(kind, bp_str("epoch")))
        say_epoch(body, out);
    else if (bp_str_equal(kind, bp_str("audit"))) {
        if (!say_audit(body, out) && !text_of(body, "table"))
            return false;
        if (out->size == 0)
            say_change(speaker, entry, body, out);
    } else
        return false;
    return true;
}

void record_sentence(RecordSpeaker *speaker, const JournalEntry *entry, const json_t *body, BpBuf *out)
{
    static uint8_t memory[WORKING_MAX];
    BpBuf sentence = bp_buf(memory, sizeof memory);
    if (!say(speaker, entry, body, &sentence)) {
        bp_buf_clear(&sentence);
        if (entry->body.size + entry->kind.size + 1 > sizeof memory) {
            record_plain(out, entry->kind);
            bp_buf_printf(out, " ");
            record_plain(out, entry->body);
            return;
        }
        say_raw(entry, &sentence);
    }
    record_plain(out, bp_buf_text(&sentence));
}
