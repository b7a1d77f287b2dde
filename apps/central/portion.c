#include "apps/central/portion.h"

#include "base/time.h"
#include "io/pg/copy.h"
#include "model/reading.h"

#include <assert.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>

enum {
    ROWS_OCTETS_MAX = 128 * 1024 * 1024,
    JSON_OCTETS_MAX = 16 * 1024 * 1024,
    ASIDE_OCTETS_MAX = 1024 * 1024,
    SPANS_LOOKED_BACK = 16,
    REASON_OCTETS_MAX = 1000, /* of a reading, as the collector writes them and some more; the rest is cut */
    WORD_OCTETS_MAX = 100,    /* of its units and type */
};
static const int64_t BUCKET_US = 5 * BP_MINUTE;
/* Instants further from now are no readings of a building, but where they are kept for longer: a day's
 * partition is made for each that comes. */
static const int64_t FAR_US = 400 * BP_DAY;
/* Days that are there, as a rule. */
static const int64_t NEAR_US = 7 * BP_DAY;

void portion_init(Portion *portion)
{
    *portion = (Portion){.rows = bp_buf_growing(ROWS_OCTETS_MAX), .json = bp_buf_growing(JSON_OCTETS_MAX)};
    for (size_t i = 0; i < PORTION_SITES_MAX; i++)
        portion->sites[i].aside = bp_buf_growing(ASIDE_OCTETS_MAX);
    current_init(&portion->current);
}

void portion_done(Portion *portion)
{
    for (size_t i = 0; i < PORTION_SITES_MAX; i++) {
        free(portion->sites[i].hours);
        free(portion->sites[i].buckets);
        bp_buf_done(&portion->sites[i].aside);
    }
    free(portion->readings_of_frame);
    current_done(&portion->current);
    bp_buf_done(&portion->rows);
    bp_buf_done(&portion->json);
}

void portion_begin(Portion *portion, Site *const *sites, size_t count, int64_t now_us, int64_t kept_us)
{
    assert(count <= PORTION_SITES_MAX);
    portion->count = count;
    portion->readings = portion->record_octets = portion->day_count = 0;
    portion->now_us = now_us;
    portion->oldest_us = now_us - (kept_us > FAR_US ? kept_us : FAR_US);
    current_clear(&portion->current);
    bp_buf_clear(&portion->rows);
    pg_copy_begin(&portion->rows);
    for (size_t i = 0; i < count; i++) {
        PortionSite *part = &portion->sites[i];
        part->site = sites[i];
        part->epoch = sites[i]->epoch;
        part->after = part->to = sites[i]->applied;
        part->key = part->given_up = 0;
        part->newest_us = INT64_MIN;
        part->has_records = part->is_far = part->is_over = false;
        part->hour_count = part->bucket_count = 0;
        bp_buf_clear(&part->aside);
    }
}

int64_t portion_entries(const Portion *portion)
{
    const Site *first = portion->sites[0].site;
    const bool is_careful = first->applied < first->careful_until;
    if (portion->count == 1 && (is_careful || first->few))
        return portion->sites[0].after - site_next_after(first) + (is_careful ? 1 : first->few);
    const int64_t each = 2 * PORTION_ENTRIES / (int64_t)(portion->count + 1);
    return each < 2 ? 2 : each;
}

BpStr portion_places(Portion *portion)
{
    BpBuf *out = &portion->json;
    bp_buf_clear(out);
    for (size_t i = 0; i < portion->count; i++) {
        const PortionSite *part = &portion->sites[i];
        bp_buf_printf(
            out,
            "%s{\"n\":%zu,\"site\":\"%s\",\"epoch\":%" PRId64 ",\"after\":%" PRId64 ",\"upto\":%" PRId64 "}",
            i ? "," : "[", i, part->site->id, part->epoch, site_next_after(part->site), part->site->received);
    }
    bp_buf_u8(out, ']');
    return bp_buf_text(out);
}

bool portion_is_empty(const Portion *portion)
{
    for (size_t i = 0; i < portion->count; i++)
        if (portion->sites[i].to > portion->sites[i].after)
            return false;
    return true;
}

/* ---- what is put aside ---- */

static void put_aside(PortionSite *part, int64_t seq, const char *kind, const char *reason, bool is_newer)
{
    json_auto_t *entry = json_pack("{s:I, s:s, s:s, s:b}", "seq", (json_int_t)seq, "kind", kind, "reason",
                                   reason, "newer", is_newer);
    char *text = entry ? json_dumps(entry, JSON_COMPACT) : NULL;
    if (text)
        bp_buf_printf(&part->aside, "%s%s", part->aside.size ? "," : "", text);
    free(text);
}

/* ---- frames ---- */

/* As much of it as is kept here, whole characters: a frame can say 64 kB for each of its readings. */
static BpStr kept(BpStr text, size_t most)
{
    size_t size = text.size < most ? text.size : most;
    while (size && size < text.size && ((uint8_t)text.data[size] & 0xC0) == 0x80)
        size--;
    return (BpStr){text.data, size};
}

static void take_reading(void *context, const JournalReading *reading)
{
    Portion *portion = context;
    if (portion->frame_count == portion->frame_capacity) {
        portion->frame_capacity = portion->frame_capacity ? portion->frame_capacity * 2 : 1024;
        portion->readings_of_frame =
            realloc(portion->readings_of_frame, portion->frame_capacity * sizeof *portion->readings_of_frame);
        if (!portion->readings_of_frame)
            abort();
    }
    JournalReading *taken = &portion->readings_of_frame[portion->frame_count++];
    *taken = *reading;
    taken->reason = kept(reading->reason, REASON_OCTETS_MAX);
    taken->units = kept(reading->units, WORD_OCTETS_MAX);
    taken->object_type = kept(reading->object_type, WORD_OCTETS_MAX);
}

static int64_t begin_of(int64_t at_us, int64_t span_us)
{
    return at_us - ((at_us % span_us) + span_us) % span_us;
}

static void count_hour(PortionSite *part, const JournalReading *reading)
{
    const int64_t hour_us = begin_of(reading->at_us, BP_HOUR);
    size_t i = part->hour_count;
    while (i > 0 && part->hours[i - 1].hour_us != hour_us)
        i--;
    if (i == 0) {
        if (part->hour_count == part->hour_capacity) {
            part->hour_capacity = part->hour_capacity ? part->hour_capacity * 2 : 8;
            part->hours = realloc(part->hours, part->hour_capacity * sizeof *part->hours);
            if (!part->hours)
                abort();
        }
        part->hours[part->hour_count] = (PortionHour){.hour_us = hour_us};
        i = ++part->hour_count;
    }
    part->hours[i - 1].count++;
    part->hours[i - 1].good += reading->quality == MDL_GOOD;
}

static void note_span(PortionSite *part, int64_t at_us)
{
    const int64_t bucket_us = begin_of(at_us, BUCKET_US);
    const size_t count = part->bucket_count;
    for (size_t i = count; i > 0 && i + SPANS_LOOKED_BACK > count; i--)
        if (part->buckets[i - 1] == bucket_us)
            return;
    if (count == part->bucket_capacity) {
        part->bucket_capacity = count ? count * 2 : 64;
        part->buckets = realloc(part->buckets, part->bucket_capacity * sizeof *part->buckets);
        if (!part->buckets)
            abort();
    }
    part->buckets[part->bucket_count++] = bucket_us;
}

/* False: there is no room for more days in this portion. */
static bool note_day(Portion *portion, int64_t at_us)
{
    const int32_t day = (int32_t)(begin_of(at_us, BP_DAY) / BP_DAY);
    for (size_t i = portion->day_count; i > 0; i--)
        if (portion->days[i - 1] == day)
            return true;
    if (portion->day_count == PORTION_DAYS_MAX)
        return false;
    portion->days[portion->day_count++] = day;
    return true;
}

static void put_row(BpBuf *out, BpStr site_id, const JournalReading *reading)
{
    pg_copy_row(out, 10);
    pg_copy_time(out, reading->at_us);
    pg_copy_text(out, site_id);
    pg_copy_int4(out, reading->point_id);
    if (reading->has_value)
        pg_copy_float8(out, reading->value);
    else
        pg_copy_null(out);
    pg_copy_text(out, bp_str(mdl_quality_name((MdlQuality)reading->quality)));
    pg_copy_text_or_null(out, reading->reason);
    pg_copy_text_or_null(out, reading->units);
    if (reading->has_object) {
        pg_copy_int4(out, reading->device_id);
        pg_copy_text_or_null(out, reading->object_type);
        pg_copy_int4(out, reading->object_instance);
    } else {
        pg_copy_null(out);
        pg_copy_null(out);
        pg_copy_null(out);
    }
}

/* Why a frame that could be read cannot be stored, for its instants; NULL: it can. */
static const char *against_instants(const Portion *portion, const JournalFrameAbout *about)
{
    if (about->last_us > portion->now_us + FAR_US)
        return "it has instants more than 400 days ahead of now: is the site's clock right?";
    if (about->first_us < portion->oldest_us)
        return "it has instants from before readings are kept here (central.retention, or 400 days): is the "
               "site's clock right?";
    return NULL;
}

typedef enum Room { ROOM_ENOUGH, ROOM_ELSEWHERE, ROOM_NOWHERE } Room;

static Room note_days(Portion *portion)
{
    const size_t before = portion->day_count;
    Room room = ROOM_ENOUGH;
    for (size_t i = 0; i < portion->frame_count && room == ROOM_ENOUGH; i++) {
        if (!note_day(portion, portion->readings_of_frame[i].at_us))
            room = ROOM_ELSEWHERE;
        else if (portion->day_count - before > FRAME_DAYS_MAX)
            room = ROOM_NOWHERE;
    }
    if (room != ROOM_ENOUGH)
        portion->day_count = before;
    return room;
}

/* Far days may have to be made, which takes long: no other site waits for that. */
static Room find_room(Portion *portion, PortionSite *part, const JournalFrameAbout *about)
{
    if (about->first_us < portion->now_us - NEAR_US || about->last_us > portion->now_us + NEAR_US) {
        part->is_far = part->site->is_far = true;
        if (portion->count > 1)
            return ROOM_ELSEWHERE;
    }
    return note_days(portion);
}

static void store_frame(Portion *portion, size_t n, const JournalFrameAbout *about)
{
    PortionSite *part = &portion->sites[n];
    const BpStr site_id = bp_str(part->site->id);
    for (size_t i = 0; i < portion->frame_count; i++) {
        const JournalReading *reading = &portion->readings_of_frame[i];
        put_row(&portion->rows, site_id, reading);
        count_hour(part, reading);
        note_span(part, reading->at_us);
        current_note(&portion->current, n, reading);
    }
    portion->readings += portion->frame_count;
    part->newest_us = about->last_us > part->newest_us ? about->last_us : part->newest_us;
}

/* `is_new`: beyond what is applied; else it only teaches the decoder. False: it is for another portion. */
static bool take_frame(Portion *portion, size_t n, int64_t seq, BpStr frame, bool is_new)
{
    PortionSite *part = &portion->sites[n];
    Site *site = part->site;
    JournalFrameAbout about;
    BpError err = {0};
    if (!frame.size) {
        part->given_up += is_new;
        return true;
    }
    portion->frame_count = 0;
    const BpStatus status = journal_frame_decode(site->decoder, frame, take_reading, portion, &about, &err);
    const char *against = status == BP_OK ? against_instants(portion, &about) : err.text;
    const Room room = is_new && !against ? find_room(portion, part, &about) : ROOM_ENOUGH;
    if (room == ROOM_ELSEWHERE) {
        site_forget_decoder(site); /* it has gone on already */
        part->is_over = true;
        return false;
    }
    if (room == ROOM_NOWHERE)
        against = "it has readings of more than 40 different days";
    if (status == BP_OK) {
        const int64_t key = site_note_frame(site, &about, seq);
        part->key = is_new ? key : part->key;
    }
    if (is_new && against)
        put_aside(part, seq, "readings", against, status == BP_UNSUPPORTED);
    else if (is_new)
        store_frame(portion, n, &about);
    return true;
}

/* ---- entries ---- */

/* Entries that lie between what is known and what came: they should be there. */
static void note_missing(PortionSite *part, int64_t from, int64_t to)
{
    char reason[BP_ERROR_TEXT_MAX];
    snprintf(reason, sizeof reason, "entries %" PRId64 " to %" PRId64 " are not in uplink", from, to);
    put_aside(part, from, "missing", reason, false);
}

bool portion_take(Portion *portion, size_t n, int64_t seq, BpStr kind, BpStr body, size_t octets)
{
    PortionSite *part = &portion->sites[n];
    Site *site = part->site;
    const bool is_new = seq > part->after, is_frame = bp_str_equal(kind, bp_str("readings"));
    const size_t aside_before = part->aside.size;
    if (is_new && (part->is_over || portion->readings >= PORTION_ROWS_ENOUGH))
        return false;
    if (is_new && !is_frame && portion->record_octets >= PORTION_RECORDS_ENOUGH) {
        part->is_over = true;
        return false;
    }
    if (is_new && seq > part->to + 1)
        note_missing(part, part->to + 1, seq - 1);
    if (!site->decoder || site->decoder_epoch != part->epoch) {
        site_forget_decoder(site);
        site->decoder = journal_frame_decoder_new();
        site->decoder_epoch = part->epoch;
    }
    if (!is_frame) {
        part->has_records = part->has_records || is_new;
        portion->record_octets += is_new ? RECORD_OCTETS + octets : 0;
    } else if (!take_frame(portion, n, seq, body, is_new)) {
        bp_buf_rewind(&part->aside, aside_before);
        return false;
    }
    site->decoded = seq;
    part->to = is_new ? seq : part->to;
    return true;
}

void portion_refuse(Portion *portion, const char *reason)
{
    PortionSite *part = &portion->sites[0];
    assert(portion->count == 1);
    portion->readings = portion->record_octets = portion->day_count = 0;
    part->hour_count = part->bucket_count = 0;
    part->newest_us = INT64_MIN;
    bp_buf_clear(&part->aside);
    put_aside(part, part->to, part->has_records ? "record" : "readings", reason, false);
    part->has_records = false;
}

/* ---- for the database ---- */

BpStr portion_copy(Portion *portion)
{
    const size_t size = portion->rows.size;
    pg_copy_end(&portion->rows);
    const BpStr octets = bp_buf_text(&portion->rows);
    bp_buf_rewind(&portion->rows, size); /* its end stays behind the rows, for whoever tries again */
    return octets;
}

static void write_hours(BpBuf *out, const PortionSite *part)
{
    bp_buf_printf(out, ",\"hours\":[");
    for (size_t i = 0; i < part->hour_count; i++)
        bp_buf_printf(out, "%s[%" PRId64 ",%" PRId64 ",%" PRId64 "]", i ? "," : "",
                      part->hours[i].hour_us / BP_SECOND, part->hours[i].good, part->hours[i].count);
    bp_buf_printf(out, "]");
}

BpStr portion_work(Portion *portion, bool is_beside)
{
    BpBuf *out = &portion->json;
    size_t written = 0;
    bp_buf_clear(out);
    bp_buf_u8(out, '[');
    for (size_t i = 0; i < portion->count; i++) {
        const PortionSite *part = &portion->sites[i];
        char at[BP_TIME_TEXT_MAX];
        if (part->to == part->after)
            continue;
        bp_buf_printf(out, "%s{\"site\":\"%s\",\"epoch\":%" PRId64 ",\"after\":%" PRId64 ",\"to\":%" PRId64,
                      written++ ? "," : "", part->site->id, part->epoch, part->after, part->to);
        if (part->key)
            bp_buf_printf(out, ",\"key\":%" PRId64, part->key);
        if (part->newest_us != INT64_MIN)
            bp_buf_printf(out, ",\"newest\":\"%s\"", bp_time_format(part->newest_us, 6, at));
        bp_buf_printf(out, ",\"given_up\":%" PRId64 ",\"has_records\":%s", part->given_up,
                      part->has_records ? "true" : "false");
        if (!is_beside)
            write_hours(out, part);
        bp_buf_printf(out, ",\"buckets\":[");
        for (size_t k = 0; k < part->bucket_count; k++)
            bp_buf_printf(out, "%s%" PRId64, k ? "," : "", part->buckets[k] / BP_SECOND);
        bp_buf_printf(out, "],\"aside\":[%.*s]}", BP_STR_ARGS(bp_buf_text(&part->aside)));
    }
    bp_buf_u8(out, ']');
    return bp_buf_text(out);
}
