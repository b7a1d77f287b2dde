#include "apps/central/sites.h"

#include "base/random.h"
#include "base/time.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_SLOTS = 64, FEWER = 4 /* entries come at once by this part, where so many took too long */ };
/* From the last time on: who is slow now and then holds the others up for this once a minute at most. */
static const int64_t SLOW_US = BP_MINUTE;

struct Sites {
    Site **items;
    size_t count, capacity;
    Site **slots; /* by the hash of their ids; a power of two, at most half of them taken */
    size_t slot_count;
    int64_t turn;
};

Sites *sites_new(void)
{
    Sites *sites = calloc(1, sizeof *sites);
    if (!sites)
        abort();
    return sites;
}

void sites_free(Sites *sites)
{
    if (!sites)
        return;
    for (size_t i = 0; i < sites->count; i++) {
        journal_frame_decoder_free(sites->items[i]->decoder);
        free(sites->items[i]);
    }
    free(sites->items);
    free(sites->slots);
    free(sites);
}

/* Where the site of this id is, or would be. */
static Site **find_slot(const Sites *sites, BpStr id)
{
    size_t i = bp_hash(id.data, id.size, 0) & (sites->slot_count - 1);
    while (sites->slots[i] && !bp_str_equal(bp_str(sites->slots[i]->id), id))
        i = (i + 1) & (sites->slot_count - 1);
    return &sites->slots[i];
}

static void grow(Sites *sites)
{
    sites->capacity = sites->capacity ? sites->capacity * 2 : FIRST_SLOTS / 2;
    sites->items = realloc(sites->items, sites->capacity * sizeof(Site *));
    free(sites->slots);
    sites->slot_count = sites->capacity * 2;
    sites->slots = calloc(sites->slot_count, sizeof(Site *));
    if (!sites->items || !sites->slots)
        abort();
    for (size_t i = 0; i < sites->count; i++)
        *find_slot(sites, bp_str(sites->items[i]->id)) = sites->items[i];
}

Site *sites_get(Sites *sites, BpStr id)
{
    if (sites->count == sites->capacity)
        grow(sites);
    Site **slot = find_slot(sites, id);
    if (!*slot) {
        Site *site = calloc(1, sizeof *site);
        if (!site)
            abort();
        (void)bp_str_copy(id, site->id, sizeof site->id);
        *slot = sites->items[sites->count++] = site;
    }
    return *slot;
}

size_t sites_count(const Sites *sites)
{
    return sites->count;
}

void sites_ask(Sites *sites)
{
    for (size_t i = 0; i < sites->count; i++)
        sites->items[i]->was_busy = sites->items[i]->is_busy;
}

void sites_take(Sites *sites, const PgRows *rows)
{
    for (size_t row = 0; row < pg_row_count(rows); row++) {
        Site *site = sites_get(sites, pg_get_text(rows, row, 0));
        if (site->was_busy)
            continue;
        site->number = pg_get_integer(rows, row, 1);
        site->epoch = pg_get_integer(rows, row, 2);
        site->applied = pg_get_integer(rows, row, 3);
        site->received = pg_get_integer(rows, row, 4);
        site->key_seq = pg_get_integer(rows, row, 5);
    }
}

static bool is_due(const Site *site, int64_t now_us)
{
    return !site->is_busy && site->received > site->applied && now_us >= site->not_before_us;
}

size_t sites_waiting(const Sites *sites, int64_t *ret_entries)
{
    size_t waiting = 0;
    *ret_entries = 0;
    for (size_t i = 0; i < sites->count; i++) {
        waiting += sites->items[i]->received > sites->items[i]->applied;
        *ret_entries += sites->items[i]->received - sites->items[i]->applied;
    }
    return waiting;
}

static int by_turn(const void *a, const void *b)
{
    const int64_t x = (*(Site *const *)a)->served, y = (*(Site *const *)b)->served;
    return (x > y) - (x < y);
}

static bool comes_alone(const Site *site, int64_t now_us)
{
    return site->applied < site->careful_until || site->is_alone || site->is_far || site->few ||
           now_us < site->alone_until_us;
}

static void serve(Site *site, int64_t turn)
{
    site->served_before = site->served;
    site->served = turn;
}

bool site_is_slow(const Site *site, int64_t now_us)
{
    return now_us < site->slow_until_us;
}

size_t sites_next(Sites *sites, int64_t now_us, size_t shares, Site **ret_sites, size_t max)
{
    size_t due = 0, taken = 0;
    Site **waiting = malloc((sites->count + 1) * sizeof(Site *));
    if (!waiting)
        abort();
    for (size_t i = 0; i < sites->count; i++)
        if (is_due(sites->items[i], now_us) && !site_is_slow(sites->items[i], now_us))
            waiting[due++] = sites->items[i];
    qsort(waiting, due, sizeof(Site *), by_turn);
    const size_t share = (due + shares - 1) / (shares ? shares : 1);
    sites->turn++;
    for (size_t i = 0; i < due && taken < max && taken < share; i++) {
        const bool is_alone = comes_alone(waiting[i], now_us);
        if (is_alone && taken > 0)
            continue;
        site_hold(waiting[i]);
        serve(waiting[i], sites->turn);
        ret_sites[taken++] = waiting[i];
        if (is_alone)
            break;
    }
    free(waiting);
    return taken;
}

Site *sites_next_slow(Sites *sites, int64_t now_us)
{
    Site *next = NULL;
    for (size_t i = 0; i < sites->count; i++) {
        Site *site = sites->items[i];
        if (site_is_slow(site, now_us) && is_due(site, now_us) && (!next || site->served < next->served))
            next = site;
    }
    if (next) {
        site_hold(next);
        serve(next, ++sites->turn);
    }
    return next;
}

size_t sites_slow(const Sites *sites, int64_t now_us, const Site **ret_sites, size_t max)
{
    size_t count = 0;
    for (size_t i = 0; i < sites->count && count < max; i++)
        if (site_is_slow(sites->items[i], now_us))
            ret_sites[count++] = sites->items[i];
    return count;
}

/* More come again where a good deal more than these would not take long: so it does not go on between the
 * two. */
bool site_note_time(Site *site, int64_t entries, int64_t took_us, int64_t long_us, int64_t now_us)
{
    const bool was_slow = site_is_slow(site, now_us);
    if (took_us > long_us) {
        site->slow_until_us = now_us + SLOW_US;
        site->few = entries > FEWER ? entries / FEWER : 1;
        return !was_slow;
    }
    if (took_us <= long_us / FEWER)
        site->few = site->few * 2 < SITE_ENTRIES ? site->few * 2 : 0;
    return false;
}

void site_hold(Site *site)
{
    assert(!site->is_busy);
    site->is_busy = site->was_busy = true;
}

void site_release(Site *site)
{
    assert(site->is_busy);
    site->is_busy = false;
}

void site_keep_turn(Site *site)
{
    site->served = site->served_before;
}

void site_forget_decoder(Site *site)
{
    journal_frame_decoder_free(site->decoder);
    site->decoder = NULL;
    memset(site->keys, 0, sizeof site->keys);
}

int64_t site_next_after(const Site *site)
{
    if (site->decoder && site->decoder_epoch == site->epoch && site->decoded <= site->applied)
        return site->decoded;
    return site->key_seq && site->key_seq <= site->applied ? site->key_seq - 1 : site->applied;
}

/* The place of the frame's stream: its own, that of the stream which it ends, an empty one, or the one of the
 * stream that has been silent for longest. */
static SiteKey *place_of(Site *site, const JournalFrameAbout *about)
{
    SiteKey *oldest = &site->keys[0];
    for (size_t i = 0; i < SITE_STREAMS; i++) {
        if (site->keys[i].seq && site->keys[i].stream == about->stream)
            return &site->keys[i];
        if (site->keys[i].last < oldest->last)
            oldest = &site->keys[i];
    }
    for (size_t i = 0; i < SITE_STREAMS; i++)
        if (site->keys[i].seq && site->keys[i].stream == about->former)
            return &site->keys[i];
    return oldest;
}

int64_t site_note_frame(Site *site, const JournalFrameAbout *about, int64_t seq)
{
    int64_t first = seq;
    SiteKey *key = place_of(site, about);
    *key = (SiteKey){about->stream, about->is_key || !key->seq ? seq : key->seq, seq};
    for (size_t i = 0; i < SITE_STREAMS; i++) {
        const SiteKey *other = &site->keys[i];
        if (other->seq && other->last >= seq - SITE_STREAM_SILENT && other->seq < first)
            first = other->seq;
    }
    return first;
}
