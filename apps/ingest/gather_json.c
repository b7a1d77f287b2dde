#include "apps/ingest/gather_json.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static void put_json(BpBuf *out, const json_t *json)
{
    const size_t size = json_dumpb(json, NULL, 0, JSON_COMPACT);
    uint8_t *octets = size ? bp_buf_reserve(out, size) : NULL;
    if (octets)
        (void)json_dumpb(json, (char *)octets, size, JSON_COMPACT);
    else
        out->failed = true;
}

/* ---- the quarantine ---- */

/* A text of any octets: what PostgreSQL would refuse is shown as '?' or a space. JSON never has such octets,
 * and stays as it was. */
static json_t *text_json(BpStr text)
{
    const bool is_utf8 = bp_str_is_utf8(text);
    char *shown = malloc(text.size + 1);
    if (!shown)
        abort();
    for (size_t i = 0; i < text.size; i++) {
        const unsigned char c = (unsigned char)text.data[i];
        const bool is_control = c < 0x20 && c != '\n' && c != '\r' && c != '\t';
        shown[i] = is_control ? ' ' : c >= 0x80 && !is_utf8 ? '?' : (char)c;
    }
    json_t *json = json_stringn(shown, text.size);
    free(shown);
    return json;
}

void gather_put_entry(BpBuf *out, const GatherEntry *entry)
{
    json_auto_t *json = json_object();
    json_object_set_new(json, "reason", text_json(bp_str(entry->reason)));
    if (entry->n) {
        json_object_set_new(json, "run", json_string(entry->run->text));
        json_object_set_new(json, "n", json_integer(entry->n));
    }
    if (entry->readings)
        json_object_set_new(json, "readings", json_integer((json_int_t)entry->readings));
    json_object_set_new(json, "payload", text_json(entry->payload));
    put_json(out, json);
    bp_buf_u8(out, ',');
}

/* Entries are texts already, of which each was made alone, so only the brackets are put around them here. */
size_t gather_write_quarantine(const Gather *gather, size_t begin, size_t end, BpBuf *out)
{
    bp_buf_u8(out, '[');
    const size_t empty = out->size;
    for (size_t i = begin; i < end; i++) {
        const GatherItem *item = &gather->items[i];
        if (item->reason) {
            const GatherEntry entry = {item->reason, &item->run, item->n, item->readings + item->put_aside,
                                       gather_payload(gather, i)};
            gather_put_entry(out, &entry);
        } else {
            bp_buf_str(out, gather_entries(gather, i));
        }
    }
    if (out->size == empty)
        return 0;
    bp_buf_rewind(out, out->size - 1); /* the comma behind the last one */
    bp_buf_u8(out, ']');
    return out->size - empty;
}

/* ---- positions ---- */

/* A later item of the same run says more. Runs seldom take turns, so one is found soon. */
static bool is_last_of_its_run(const Gather *gather, size_t i, size_t end)
{
    for (size_t j = i + 1; j < end; j++)
        if (gather->items[j].n && memcmp(&gather->items[j].run, &gather->items[i].run, sizeof(MdlRun)) == 0)
            return false;
    return true;
}

/* Those of the run of `last`, the last one of it. */
static json_t *gaps_json(const Gather *gather, size_t begin, size_t last)
{
    json_t *gaps = json_array();
    for (size_t i = begin; i <= last; i++) {
        const GatherItem *item = &gather->items[i];
        if (item->gap && strcmp(item->run.text, gather->items[last].run.text) == 0)
            json_array_append_new(gaps, json_pack("{s:I, s:I}", "from", (json_int_t)(item->n - item->gap),
                                                  "to", (json_int_t)(item->n - 1)));
    }
    return gaps;
}

size_t gather_write_positions(const Gather *gather, size_t begin, size_t end, BpBuf *out)
{
    json_auto_t *positions = json_array();
    for (size_t i = begin; i < end; i++) {
        const GatherItem *item = &gather->items[i];
        if (item->n && is_last_of_its_run(gather, i, end))
            json_array_append_new(positions,
                                  json_pack("{s:s, s:I, s:o}", "run", item->run.text, "stored",
                                            (json_int_t)item->n, "gaps", gaps_json(gather, begin, i)));
    }
    put_json(out, positions);
    return json_array_size(positions);
}
