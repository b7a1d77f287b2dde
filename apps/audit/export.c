#include "apps/audit/audit.h"

#include "base/time.h"
#include "say/json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>

enum { LINE_OCTETS_MAX = 64 * 1024 * 1024 };

/* ---- writing ---- */

/* A body is text as a rule: then it is told as text, to the letter, for its digest is over its octets. */
static void add_body(json_t *line, BpStr body)
{
    json_t *text = json_stringn(body.data, body.size);
    if (text) {
        json_object_set_new(line, "body", text);
        return;
    }
    char *hex = malloc(2 * body.size + 1);
    if (!hex)
        abort();
    json_object_set_new(line, "body_hex", json_string(sign_hex((const uint8_t *)body.data, body.size, hex)));
    free(hex);
}

static void add_text(json_t *line, const char *name, const char *text)
{
    if (text)
        json_object_set_new(line, name, say_json_text(bp_str(text)));
}

void audit_line_print(const JournalEntry *entry, const AuditLine *line)
{
    char time[BP_TIME_TEXT_MAX], digest[2 * SIGN_DIGEST_SIZE + 1];
    json_t *json = json_object();
    add_text(json, "time", bp_time_format(entry->at_us, 6, time));
    json_object_set_new(json, "site_id", say_json_text(entry->site));
    json_object_set_new(json, "epoch", json_integer(entry->epoch));
    json_object_set_new(json, "seq", json_integer(entry->seq));
    json_object_set_new(json, "kind", say_json_text(entry->kind));
    add_text(json, "who", line->who);
    add_text(json, "source", line->source);
    if (line->point_id)
        json_object_set_new(json, "point_id", json_integer(line->point_id));
    add_text(json, "point", line->point);
    add_text(json, "text", line->text);
    json_object_set_new(json, "at_us", json_integer(entry->at_us));
    add_body(json, entry->body);
    add_text(json, "digest", sign_hex(entry->digest, SIGN_DIGEST_SIZE, digest));
    say_json_print_line(json);
}

void audit_pruned_print(const char *site, const JournalPosition *behind)
{
    char digest[2 * SIGN_DIGEST_SIZE + 1];
    json_t *json = json_object();
    json_object_set_new(json, "site_id", say_json_text(bp_str(site)));
    json_object_set_new(json, "epoch", json_integer(behind->epoch));
    json_object_set_new(json, "seq", json_integer(behind->seq));
    add_text(json, "kind", AUDIT_PRUNED);
    add_text(json, "text", "what was up to here is not at this central any more");
    json_object_set_new(json, "at_us", json_integer(0)); /* nobody has written down when */
    add_text(json, "body", "");
    add_text(json, "digest", sign_hex(behind->digest, SIGN_DIGEST_SIZE, digest));
    say_json_print_line(json);
}

/* ---- reading ---- */

static BpStr string_of(const json_t *json, const char *name)
{
    const json_t *value = json_object_get(json, name);
    return (BpStr){json_string_value(value), json_string_length(value)};
}

static bool read_body(const json_t *json, BpBuf *octets, BpStr *ret_body)
{
    const BpStr hex = string_of(json, "body_hex");
    *ret_body = string_of(json, "body");
    if (ret_body->data || !hex.data)
        return ret_body->data;
    bp_buf_clear(octets);
    uint8_t *room = bp_buf_reserve(octets, hex.size / 2);
    *ret_body = bp_buf_text(octets);
    return room && sign_from_hex(hex, room, hex.size / 2);
}

BpStatus audit_line_read(BpStr line, json_t **ret_json, BpBuf *octets, JournalEntry *ret_entry, BpError *err)
{
    json_error_t wrong;
    json_t *json = json_loadb(line.data, line.size, JSON_ALLOW_NUL, &wrong);
    JournalEntry entry = {.site = string_of(json, "site_id"),
                          .kind = string_of(json, "kind"),
                          .epoch = json_integer_value(json_object_get(json, "epoch")),
                          .seq = json_integer_value(json_object_get(json, "seq")),
                          .at_us = json_integer_value(json_object_get(json, "at_us"))};
    const char *failure = json_string_value(json_object_get(json, "error"));
    BpStatus status = BP_OK;
    if (failure)
        status = bp_fail(err, BP_INVALID, "it was not written to its end: %.300s", failure);
    else if (!json)
        status = bp_fail(err, BP_INVALID, "it is no JSON: %s", wrong.text);
    else if (!entry.site.data || !entry.kind.data || entry.epoch < 1 || entry.seq < 1 ||
             !json_is_integer(json_object_get(json, "at_us")) || !read_body(json, octets, &entry.body) ||
             !sign_from_hex(string_of(json, "digest"), entry.digest, SIGN_DIGEST_SIZE))
        status = bp_fail(err, BP_INVALID,
                         "it is no entry: one has site_id, epoch, seq, kind, at_us, body and digest, as "
                         "`bacpipes audit --json` writes them");
    if (status != BP_OK) {
        json_decref(json);
        return status;
    }
    *ret_json = json;
    *ret_entry = entry;
    return BP_OK;
}

static BpStatus read_line(const char *text, ssize_t size, BpBuf *octets, void *owner,
                          void (*each)(void *owner, const JournalEntry *entry), BpError *err)
{
    json_t *json;
    JournalEntry entry;
    const BpStr line = bp_str_trim((BpStr){text, (size_t)size});
    if (line.size == 0)
        return BP_OK;
    if (line.size > LINE_OCTETS_MAX)
        return bp_fail(err, BP_INVALID, "it is longer than 64 MB");
    BP_TRY(audit_line_read(line, &json, octets, &entry, err));
    each(owner, &entry);
    json_decref(json);
    return BP_OK;
}

BpStatus audit_file_walk(const char *path, void *owner, void (*each)(void *owner, const JournalEntry *entry),
                         BpError *err)
{
    const bool is_input = strcmp(path, "-") == 0;
    FILE *file = is_input ? stdin : fopen(path, "re");
    char *text = NULL;
    size_t capacity = 0, number = 0;
    BpBuf octets = bp_buf_growing(LINE_OCTETS_MAX);
    BpStatus status = file ? BP_OK : bp_fail(err, BP_INVALID, "%s: %s", path, bp_errno_text(errno));
    for (ssize_t size; status == BP_OK && (size = getline(&text, &capacity, file)) > 0;) {
        number++;
        status = read_line(text, size, &octets, owner, each, err);
        if (status != BP_OK)
            status = bp_within(err, "%s: line %zu", path, number);
    }
    if (status == BP_OK && ferror(file))
        status = bp_fail(err, BP_INVALID, "%s: %s", path, bp_errno_text(errno));
    if (file && !is_input)
        fclose(file);
    free(text);
    bp_buf_done(&octets);
    return status;
}
