#include "apps/collect/ask/cov.h"
#include "apps/collect/ask/identity.h"

#include "base/time.h"

#include <assert.h>

enum {
    FLAGS_EVERY_S = 60,   /* status flags of a point that is read by ReadProperty */
    BACKOFF_FIRST_S = 10, /* until a silent device is probed again */
    NAMED_MIN = 200,      /* octets of an answer that has room for a name (18) besides points */
    RECHECK_S = 1,        /* between probes that silence does not plan, at least */
    SCAN_PASSED_MAX = 16, /* requests for points before one of a scan, where there is no end to them */
    FLUSH_AFTER_S = 5,    /* readings of a slow round do not wait longer for its end */
    REST_FIRST_S = 60,    /* until a point with a lasting error is asked for again; doubled each time */
    REST_DOUBLINGS = 6,   /* up to about an hour */
    NAME_OCTETS = 5,      /* an Object_Identifier with its tag */
};

/* ---- readings ---- */

static void give_out(CollectPoller *poller, const CollectDevice *device, size_t count)
{
    if (count > 0 && device->device_id)
        poller->hooks.on_readings(poller->hooks.owner, device, device->readings, count);
}

static void forget_readings(CollectDevice *device)
{
    device->reading_count = 0;
    bp_arena_reset(&device->reasons);
}

void collect_ask_flush(CollectPoller *poller, CollectDevice *device)
{
    if (device->is_suspect)
        return;
    give_out(poller, device, device->reading_count);
    forget_readings(device);
}

void collect_ask_end(CollectPoller *poller, CollectDevice *device)
{
    collect_ask_flush(poller, device);
    forget_readings(device);
}

/* The device has said that it was there when it was asked: what it told before that is its own. */
static void release_covered(CollectPoller *poller, CollectDevice *device)
{
    const size_t count = device->covered < device->reading_count ? device->covered : device->reading_count;
    give_out(poller, device, count);
    device->reading_count -= count;
    device->covered = 0;
    for (size_t i = 0; i < device->reading_count; i++)
        device->readings[i] = device->readings[count + i];
    if (device->reading_count == 0)
        forget_readings(device);
}

static void add_reading(CollectPoller *poller, CollectDevice *device, const CollectPoint *point,
                        const CollectSample *sample, int64_t now_us)
{
    poller->counts.reads++;
    poller->counts.reads_failed += sample->problem != NULL;
    if (device->reading_count == device->point_count)
        return; /* it is suspect, and there is one of each point already */
    if (device->reading_count == 0)
        device->first_reading_us = now_us;
    device->readings[device->reading_count++] =
        collect_decode_reading(point->point_id, now_us + poller->wall_offset_us, sample, &device->reasons);
    if (device->reading_count == device->point_count)
        collect_ask_flush(poller, device);
}

static void add_problem(CollectPoller *poller, CollectDevice *device, const CollectPoint *point,
                        const char *problem, int64_t now_us)
{
    const CollectSample sample = {.problem = problem};
    add_reading(poller, device, point, &sample, now_us);
}

/* Errors that the next round would meet again. */
static bool is_lasting(BacRefusal refusal)
{
    return refusal.kind == BAC_REFUSED_ERROR &&
           (refusal.code == BAC_CODE_UNKNOWN_OBJECT || refusal.code == BAC_CODE_UNKNOWN_PROPERTY ||
            refusal.code == BAC_CODE_READ_ACCESS_DENIED);
}

static void note_refusal(CollectPoint *point, BacRefusal refusal, int64_t now_us)
{
    if (!is_lasting(refusal))
        return;
    point->rests_until_us = now_us + ((int64_t)REST_FIRST_S * BP_SECOND << point->refusals);
    if (point->refusals < REST_DOUBLINGS)
        point->refusals++;
}

/* Another device may be at the address: from now on readings wait for the device's own word. */
static void suspect(CollectDevice *device, int64_t now_us)
{
    device->is_suspect = true;
    collect_ask_recheck(device, now_us);
}

void collect_ask_recheck(CollectDevice *device, int64_t now_us)
{
    const int64_t again_us = device->probed_us + RECHECK_S * BP_SECOND;
    device->recheck_us = now_us > again_us ? now_us : again_us;
}

static void take_sample(CollectPoller *poller, CollectDevice *device, CollectPoint *point,
                        const CollectSample *sample, int64_t now_us)
{
    point->flags = sample->flags;
    if (!sample->problem)
        point->refusals = 0;
    if (sample->octets > point->value_octets)
        point->value_octets = sample->octets;
    add_reading(poller, device, point, sample, now_us);
}

static void end_point(CollectPoller *poller, CollectDevice *device, CollectPoint *point,
                      const CollectSample *sample, int64_t now_us)
{
    collect_subscribe_verify(poller, device, point, sample, now_us);
    take_sample(poller, device, point, sample, now_us);
}

static bool is_in_round(const CollectDevice *device)
{
    for (size_t i = 0; i < device->round_count; i++)
        if (device->rounds[i].running)
            return true;
    return false;
}

void collect_ask_told(CollectPoller *poller, CollectDevice *device, CollectPoint *point,
                      const CollectSample *sample, int64_t now_us)
{
    point->was_told = true;
    point->told = sample->number;
    take_sample(poller, device, point, sample, now_us);
    if (!is_in_round(device)) /* else they go with the round's */
        collect_ask_flush(poller, device);
}

/* ---- rounds ---- */

static void end_round(CollectPoller *poller, CollectDevice *device, CollectRound *round, int64_t now_us)
{
    round->running = false;
    poller->counts.rounds++;
    if (poller->counts.round_max_us < now_us - round->began_us)
        poller->counts.round_max_us = now_us - round->began_us;
    collect_ask_flush(poller, device);
}

/* The points of a batch are done with, whichever way. */
static void settle(CollectPoller *poller, CollectBatch *batch, int64_t now_us)
{
    CollectDevice *device = batch->device;
    CollectRound *round = batch->round;
    round->waiting -= batch->count;
    if (round->waiting == 0 && round->head == round->count)
        end_round(poller, device, round, now_us);
    else if (device->reading_count > 0 && now_us - device->first_reading_us >= FLUSH_AFTER_S * BP_SECOND)
        collect_ask_flush(poller, device);
}

/* Back to the front of the queue, to be asked for again in batches of at most `most`. Those that were taken
 * out left room there. */
static void put_back(CollectBatch *batch, uint32_t most)
{
    CollectRound *round = batch->round;
    assert(round->head >= batch->count);
    round->waiting -= batch->count;
    round->head -= batch->count;
    for (uint32_t i = 0; i < batch->count; i++)
        round->queue[round->head + i] = batch->points[i];
    round->careful_count += batch->count;
    round->careful_max = most ? most : 1;
}

/* ---- sending ---- */

static CollectBatch *take_batch(CollectPoller *poller, CollectDevice *device, CollectBatchKind kind)
{
    CollectBatch *batch = poller->free_batches;
    if (batch)
        poller->free_batches = batch->next;
    else if (poller->batch_count < COLLECT_TRANSACTIONS_MAX)
        batch = &poller->batches[poller->batch_count++];
    else
        return NULL;
    batch->device = device;
    batch->kind = kind;
    batch->generation = device->generation;
    batch->round = NULL;
    batch->answer_octets = 0;
    batch->is_named = false;
    batch->sample = (CollectSample){0};
    batch->count = 0;
    return batch;
}

static void free_batch(CollectPoller *poller, CollectBatch *batch)
{
    batch->device = NULL;
    batch->next = poller->free_batches;
    poller->free_batches = batch;
}

static CollectAsked send(CollectPoller *poller, CollectBatch *batch, uint8_t service, const BpBuf *parameters,
                         uint8_t retries, int64_t now_us)
{
    assert(!parameters->failed);
    const BacRequest request = {
        .service = service,
        .parameters = bp_buf_text(parameters),
        .timeout_us = collect_pace_timeout_us(&batch->device->pace, poller->settings.timeout_us),
        .retries = retries,
        .context = batch};
    CollectDevice *device = batch->device;
    batch->sent_us = now_us;
    batch->is_uncertain = collect_device_is_uncertain(device);
    const BpStatus status = bac_client_request(&poller->client, &device->peer, &request, now_us, NULL);
    /* Longer than the peer takes it cannot be: plan and scan keep to limits that are the peer's. */
    assert(status == BP_OK || status == BP_FULL);
    if (status != BP_OK)
        return COLLECT_NO_ROOM;
    collect_trunk_sent(device, &poller->settings.trunk, batch->is_uncertain, now_us);
    return COLLECT_ASKED;
}

static CollectAsked send_read(CollectPoller *poller, CollectBatch *batch, const BacReference *reference,
                              uint8_t retries, int64_t now_us)
{
    uint8_t memory[BAC_APDU_MIN];
    BpBuf out = bp_buf(memory, sizeof memory);
    bac_read_property_encode(&out, reference);
    return send(poller, batch, BAC_SERVICE_CONFIRMED_READ_PROPERTY, &out, retries, now_us);
}

/* Small, and known to every device. One that fell silent has had its tries. */
static CollectAsked ask_probe(CollectPoller *poller, CollectDevice *device, int64_t now_us)
{
    CollectBatch *batch = take_batch(poller, device, COLLECT_BATCH_PROBE);
    if (!batch)
        return COLLECT_NO_ROOM;
    const BacReference reference = collect_identity_question(device, &poller->random);
    const bool is_silent = collect_device_is_away(device) || device->doubt_count > 0;
    const CollectAsked asked =
        send_read(poller, batch, &reference, is_silent ? 0 : poller->settings.retries, now_us);
    if (asked != COLLECT_ASKED) {
        free_batch(poller, batch);
        return asked;
    }
    device->probing = true;
    device->asked_instance = reference.object.instance;
    device->is_extra = collect_device_is_away(device) && now_us < device->probe_due_us;
    device->covered = device->reading_count;
    device->probed_us = now_us;
    device->recheck_us = INT64_MAX;
    return COLLECT_ASKED;
}

static unsigned wishes_for(const CollectPoint *point)
{
    /* Status flags speak of the present value. */
    if (point->property != BAC_PROP_PRESENT_VALUE || point->has_no_flags)
        return COLLECT_VALUE;
    return point->flags & 1U << BAC_FLAG_FAULT ? COLLECT_VALUE | COLLECT_FLAGS | COLLECT_RELIABILITY
                                               : COLLECT_VALUE | COLLECT_FLAGS;
}

bool collect_ask_is_named(const CollectDevice *device)
{
    const CollectLimits *limits = &device->limits;
    return limits->read_multiple && limits->answer_octets >= NAMED_MIN &&
           limits->request_octets >= NAMED_MIN && device->instance != BAC_INSTANCE_WILDCARD &&
           !device->is_unnamed;
}

/* Fills the batch from the round's queue, as far as the request and its answer fit. */
static void fill(CollectBatch *batch, const CollectDevice *device, BpBuf *out)
{
    const CollectRound *round = batch->round;
    uint32_t most = round->count - round->head;
    if (most > COLLECT_BATCH_MAX)
        most = COLLECT_BATCH_MAX;
    if (round->careful_count > 0 && most > round->careful_max)
        most = round->careful_max;
    CollectRoom room = collect_plan_room(&device->limits);
    BacReference references[1 + COLLECT_BATCH_MAX * COLLECT_WISHES];
    size_t count = 0;
    batch->is_named = collect_ask_is_named(device);
    if (batch->is_named) { /* the first one always fits */
        references[count] = collect_identity_name(device);
        (void)collect_plan_add(&room, &references[count++], NAME_OCTETS);
    }
    while (batch->count < most) {
        const uint32_t number = round->queue[round->head + batch->count];
        const CollectPoint *point = &device->points[number];
        const unsigned wishes = wishes_for(point);
        if (!collect_plan_add_point(&room, point, wishes))
            break;
        count += collect_plan_references(point, wishes, &references[count]);
        batch->points[batch->count] = number;
        batch->wishes[batch->count++] = (uint8_t)wishes;
    }
    batch->answer_octets = room.answer_octets;
    bac_read_multiple_encode(out, references, count);
}

static void take_out(CollectRound *round, uint32_t count)
{
    round->head += count;
    round->waiting += count;
    round->careful_count -= count < round->careful_count ? count : round->careful_count;
}

static void note_begin(CollectPoller *poller, CollectRound *round, int64_t now_us)
{
    if (round->was_sent)
        return;
    round->was_sent = true;
    const int64_t late_us = now_us - round->began_us;
    if (late_us > round->interval_us / 10 || late_us > BP_SECOND)
        poller->counts.rounds_late++;
    if (late_us > poller->counts.lateness_max_us)
        poller->counts.lateness_max_us = late_us;
}

static CollectAsked ask_multiple(CollectPoller *poller, CollectBatch *batch, int64_t now_us)
{
    uint8_t memory[BAC_REQUEST_MAX];
    BpBuf out = bp_buf(memory, sizeof memory);
    fill(batch, batch->device, &out);
    return send(poller, batch, BAC_SERVICE_CONFIRMED_READ_PROPERTY_MULTIPLE, &out, poller->settings.retries,
                now_us);
}

static uint32_t asked_property(const CollectPoint *point, CollectWish asking)
{
    switch (asking) {
    case COLLECT_FLAGS: return BAC_PROP_STATUS_FLAGS;
    case COLLECT_RELIABILITY: return BAC_PROP_RELIABILITY;
    default: return point->property;
    }
}

static CollectAsked ask_single(CollectPoller *poller, CollectBatch *batch, CollectWish asking, int64_t now_us)
{
    const CollectPoint *point = &batch->device->points[batch->points[0]];
    const BacReference reference = collect_point_reference(point, asked_property(point, asking));
    batch->asking = asking;
    return send_read(poller, batch, &reference, poller->settings.retries, now_us);
}

static CollectAsked ask_points(CollectPoller *poller, CollectDevice *device, CollectRound *round,
                               int64_t now_us)
{
    const bool multiple = device->limits.read_multiple;
    CollectBatch *batch =
        take_batch(poller, device, multiple ? COLLECT_BATCH_MULTIPLE : COLLECT_BATCH_SINGLE);
    if (!batch)
        return COLLECT_NO_ROOM;
    CollectAsked asked;
    batch->round = round;
    if (multiple) {
        asked = ask_multiple(poller, batch, now_us);
    } else {
        batch->points[0] = round->queue[round->head];
        batch->count = 1;
        batch->sample.flags = device->points[batch->points[0]].flags;
        asked = ask_single(poller, batch, COLLECT_VALUE, now_us);
    }
    if (asked != COLLECT_ASKED) {
        free_batch(poller, batch);
        return asked;
    }
    take_out(round, batch->count);
    note_begin(poller, round, now_us);
    return COLLECT_ASKED;
}

static CollectAsked ask_scan(CollectPoller *poller, CollectDevice *device, int64_t now_us)
{
    CollectBatch *batch = take_batch(poller, device, COLLECT_BATCH_SCAN);
    if (!batch)
        return COLLECT_NO_ROOM;
    uint8_t memory[BAC_REQUEST_MAX];
    BpBuf out = bp_buf(memory, sizeof memory);
    const uint8_t service = collect_scan_ask(device->scan, &device->limits, &out);
    const CollectAsked asked = send(poller, batch, service, &out, poller->settings.retries, now_us);
    if (asked == COLLECT_ASKED)
        device->scan_waits = true;
    else
        free_batch(poller, batch);
    return asked;
}

static CollectAsked ask_cov(CollectPoller *poller, CollectDevice *device, CollectPoint *point, int64_t now_us)
{
    CollectBatch *batch = take_batch(poller, device, COLLECT_BATCH_COV);
    if (!batch)
        return COLLECT_NO_ROOM;
    uint8_t memory[BAC_APDU_MIN];
    BpBuf out = bp_buf(memory, sizeof memory);
    batch->points[0] = (uint32_t)(point - device->points);
    collect_subscribe_write(poller, point, &out);
    const CollectAsked asked =
        send(poller, batch, BAC_SERVICE_CONFIRMED_SUBSCRIBE_COV, &out, poller->settings.retries, now_us);
    if (asked == COLLECT_ASKED)
        collect_subscribe_asked(device, point);
    else
        free_batch(poller, batch);
    return asked;
}

static CollectRound *next_round(const CollectDevice *device)
{
    for (size_t i = 0; i < device->round_count; i++)
        if (device->rounds[i].running && device->rounds[i].head < device->rounds[i].count)
            return &device->rounds[i];
    return NULL;
}

static bool probe_is_due(const CollectDevice *device, int64_t now_us)
{
    if (device->probing || device->is_evicted)
        return false;
    return device->doubted || now_us >= device->recheck_us ||
           (collect_device_is_away(device) && now_us >= device->probe_due_us);
}

/* It has never said that it is there, which comes before all else. */
static bool is_unproven(const CollectDevice *device)
{
    return device->state == COLLECT_UNKNOWN && device->instance != BAC_INSTANCE_WILDCARD;
}

bool collect_ask_has_more(const CollectDevice *device, int64_t now_us)
{
    if (!device->enabled || device->is_cut_off)
        return false;
    if (device->doubted || device->probing || collect_device_is_away(device) || probe_is_due(device, now_us))
        return probe_is_due(device, now_us);
    return next_round(device) || now_us >= device->cov_due_us || (device->scan && !device->scan_waits);
}

CollectAsked collect_ask_next(CollectPoller *poller, CollectDevice *device, int64_t now_us)
{
    if (!collect_ask_has_more(device, now_us))
        return COLLECT_NOTHING_TO_ASK;
    if (!collect_trunk_may_send(device, &poller->settings.trunk, now_us, &device->held_until_us))
        return COLLECT_HELD;
    if (probe_is_due(device, now_us) || is_unproven(device))
        return ask_probe(poller, device, now_us);
    CollectPoint *point = collect_subscribe_due(device, now_us);
    if (point)
        return ask_cov(poller, device, point, now_us);
    CollectRound *round = next_round(device);
    const bool may_scan = device->scan && !device->scan_waits;
    if (round && (!may_scan || device->scan_passed < SCAN_PASSED_MAX)) {
        device->scan_passed += may_scan;
        return ask_points(poller, device, round, now_us);
    }
    device->scan_passed = 0;
    return ask_scan(poller, device, now_us);
}

/* ---- online and offline ---- */

static void set_state(CollectPoller *poller, CollectDevice *device, CollectState state, const char *reason,
                      int64_t now_us)
{
    device->state = state;
    device->reason = reason;
    device->since_us = now_us + poller->wall_offset_us;
    poller->hooks.on_state(poller->hooks.owner, device);
}

static void note_answered(const CollectPoller *poller, CollectDevice *device, int64_t now_us)
{
    device->answered_us = now_us;
    device->answered_at_us = now_us + poller->wall_offset_us;
}

static void note_alive(CollectPoller *poller, CollectDevice *device, int64_t now_us)
{
    const bool was_away = collect_device_is_away(device);
    device->backoff_us = 0;
    if (device->state != COLLECT_ONLINE)
        set_state(poller, device, COLLECT_ONLINE, "", now_us);
    if (was_away)
        collect_subscribe_forget(poller, device, now_us);
    /* What it missed is read at once; from then on at its own instants again. */
    for (size_t i = 0; was_away && i < device->round_count; i++)
        device->rounds[i].due_us = now_us;
}

static void plan_probe(CollectPoller *poller, CollectDevice *device, int64_t now_us)
{
    const int64_t most_us = poller->settings.backoff_max_us;
    device->backoff_us = device->backoff_us ? 2 * device->backoff_us : BACKOFF_FIRST_S * BP_SECOND;
    if (device->backoff_us > most_us)
        device->backoff_us = most_us;
    const double jitter = 0.8 + 0.4 * bp_random_unit(&poller->random);
    device->probe_due_us = now_us + (int64_t)((double)device->backoff_us * jitter);
}

static void give_up_scan(CollectPoller *poller, CollectDevice *device, const char *why)
{
    CollectScan *scan = device->scan;
    if (!scan || device->scan_waits)
        return; /* its own silence will end it */
    device->scan = NULL;
    collect_scan_fail(scan, why);
    poller->hooks.on_scanned(poller->hooks.owner, device, scan);
}

/* Every point that should have been read by now is a bad reading: gaps are explained. */
static void tell_silence(CollectPoller *poller, CollectDevice *device, bool all, const char *reason,
                         int64_t now_us)
{
    for (size_t i = 0; i < device->round_count; i++) {
        CollectRound *round = &device->rounds[i];
        for (uint32_t j = all ? 0 : round->head; j < round->count && (all || round->running); j++) {
            const CollectPoint *point = &device->points[all ? round->first + j : round->queue[j]];
            if (now_us >= point->rests_until_us)
                add_problem(poller, device, point, reason, now_us);
        }
        round->running = false;
    }
    collect_ask_flush(poller, device);
}

/* Points that are asked for now are as good as not asked for: what comes of that is nobody's. */
static void put_back_all(CollectPoller *poller, CollectDevice *device)
{
    for (size_t i = 0; i < poller->batch_count; i++) {
        CollectBatch *batch = &poller->batches[i];
        if (batch->device == device && batch->round && batch->generation == device->generation)
            put_back(batch, batch->count);
    }
    device->generation++;
}

/* Nobody answers, or somebody else. What waits for the device's word will not get it. */
static void go_away(CollectPoller *poller, CollectDevice *device, CollectState state, const char *reason,
                    int64_t now_us)
{
    const bool was_away = collect_device_is_away(device), is_news = device->state != state;
    const bool all = was_away || device->is_suspect || state == COLLECT_REPLACED;
    put_back_all(poller, device);
    if (all)
        forget_readings(device);
    /* What another device has refused meanwhile is none of its errors. */
    for (size_t i = 0; i < device->point_count && state == COLLECT_REPLACED && is_news; i++)
        device->points[i].rests_until_us = device->points[i].refusals = 0;
    device->is_suspect = device->is_misnamed = false;
    if (is_news || !device->is_extra) {
        tell_silence(poller, device, all, reason, now_us);
        plan_probe(poller, device, now_us);
    }
    if (is_news)
        set_state(poller, device, state, reason, now_us);
    give_up_scan(poller, device, "the device does not answer");
}

void collect_ask_tell_unasked(CollectPoller *poller, CollectDevice *device, int64_t now_us)
{
    tell_silence(poller, device, true, device->reason, now_us);
    plan_probe(poller, device, now_us);
}

void collect_ask_cut_off(CollectPoller *poller, CollectDevice *device, int64_t now_us)
{
    collect_ask_end(poller, device);
    device->generation++;
    device->probing = device->doubted = device->denies = device->scan_waits = false;
    device->is_suspect = device->is_misnamed = false;
    device->question = COLLECT_ASK_ITSELF;
    device->doubt_count = device->doubt_answer = 0;
    device->recheck_us = device->held_until_us = INT64_MAX;
    device->backoff_us = 0;
    set_state(poller, device, COLLECT_UNKNOWN, COLLECT_NO_NETWORK, now_us);
    give_up_scan(poller, device, "BacPipes is not on the network");
    if (device->enabled)
        collect_ask_tell_unasked(poller, device, now_us);
}

/* Who is there, and with what, may be another matter now: first it is asked that, then all of its points. */
void collect_ask_join(CollectPoller *poller, CollectDevice *device, int64_t now_us)
{
    device->doubted = true;
    device->backoff_us = 0;
    set_state(poller, device, COLLECT_UNKNOWN, "", now_us);
    for (size_t i = 0; i < device->round_count; i++)
        device->rounds[i].due_us = now_us;
    for (size_t i = 0; i < device->point_count; i++)
        device->points[i].cov_due_us = 0; /* not planned */
    collect_subscribe_plan(poller, device, now_us);
}

static void end_doubt(CollectDevice *device, int64_t now_us)
{
    device->doubted = false;
    device->denies = false;
    device->question = COLLECT_ASK_ITSELF;
    device->doubt_count = 0;
    device->doubt_answer = 0;
    device->checked_us = now_us;
}

/* It is there. Was a request before the probe too much for it? Another I-Am may have come meanwhile. */
static void take_word(CollectPoller *poller, CollectDevice *device, int64_t now_us)
{
    if (device->doubt_answer)
        (void)collect_limits_unanswered(&device->limits, device->doubt_count, device->doubt_answer, now_us);
    end_doubt(device, now_us);
    if (device->is_suspect)
        release_covered(poller, device);
    device->is_suspect = device->is_suspect && device->recheck_us != INT64_MAX;
    device->is_unnamed |= device->is_misnamed; /* where it is itself all the same */
    device->is_misnamed = false;
    note_alive(poller, device, now_us);
    if (!is_in_round(device))
        collect_ask_flush(poller, device);
}

static void take_probe(CollectPoller *poller, CollectDevice *device, const BacAnswer *answer, int64_t now_us)
{
    const CollectVerdict verdict = collect_identity_judge(poller, device, answer);
    device->probing = false;
    switch (verdict) {
    case COLLECT_ASKS_ON: device->doubted = true; return;
    case COLLECT_IS_ITSELF: take_word(poller, device, now_us); return;
    case COLLECT_IS_SILENT:
        end_doubt(device, now_us);
        go_away(poller, device, COLLECT_OFFLINE, "timeout", now_us);
        return;
    case COLLECT_IS_ANOTHER:
        end_doubt(device, now_us);
        go_away(poller, device, COLLECT_REPLACED, "replaced", now_us);
        return;
    }
}

/* No answer to any try. Was it too much for the device, or is it away? A probe will tell. */
static void doubt(CollectDevice *device, uint32_t count, size_t answer_octets)
{
    device->doubted = true;
    device->doubt_count = count > 0 ? count : 1;
    device->doubt_answer = (uint32_t)answer_octets;
}

/* ---- answers ---- */

static void take_multiple_result(CollectPoint *point, CollectSample *sample, const BacReadResult *result,
                                 BpArena *reasons, int64_t now_us)
{
    const bool is_error = result->refusal.kind != BAC_NOT_REFUSED;
    if (result->reference.property == point->property) {
        if (!is_error)
            collect_decode_value(result->value, point, sample);
        else
            sample->problem = collect_decode_refusal(result->refusal, reasons);
        if (is_error)
            note_refusal(point, result->refusal, now_us);
    } else if (result->reference.property == BAC_PROP_STATUS_FLAGS) {
        if (!is_error)
            sample->flags = collect_decode_flags(result->value);
        point->has_no_flags = is_error && result->refusal.kind == BAC_REFUSED_ERROR &&
                              result->refusal.code == BAC_CODE_UNKNOWN_PROPERTY;
    } else if (!is_error) {
        sample->reliability =
            (uint16_t)collect_decode_enumerated(result->value, BAC_RELIABILITY_NO_FAULT_DETECTED);
    }
}

/* The client has made sure that the answer has what was asked, in the order asked. */
static void take_multiple_answer(CollectPoller *poller, CollectBatch *batch, BpCursor body, int64_t now_us)
{
    CollectDevice *device = batch->device;
    BacReadMultiple walk = {.in = body};
    device->limits.multiple_proven = true;
    if (batch->is_named && !collect_identity_is_own(device, &walk)) {
        device->is_misnamed = true;
        suspect(device, now_us);
    }
    for (uint32_t i = 0; i < batch->count; i++) {
        CollectPoint *point = &device->points[batch->points[i]];
        CollectSample sample = {.problem = "no-answer"};
        for (unsigned wishes = batch->wishes[i]; wishes; wishes &= wishes - 1) {
            BacReadResult result;
            if (bac_read_multiple_ack_next(&walk, &result, NULL) != BP_OK)
                break;
            take_multiple_result(point, &sample, &result, &device->reasons, now_us);
        }
        end_point(poller, device, point, &sample, now_us);
    }
    settle(poller, batch, now_us);
}

/* What is to be asked of a point after `asking`, or 0. */
static CollectWish next_wish(const CollectPoint *point, const CollectSample *sample, CollectWish asking,
                             int64_t now_us)
{
    const unsigned wishes = wishes_for(point);
    if (asking == COLLECT_VALUE && wishes & COLLECT_FLAGS && !sample->problem &&
        (point->flags_at_us == 0 || now_us - point->flags_at_us >= FLAGS_EVERY_S * BP_SECOND))
        return COLLECT_FLAGS;
    if (asking != COLLECT_RELIABILITY && sample->flags & 1U << BAC_FLAG_FAULT && !sample->problem)
        return COLLECT_RELIABILITY;
    return 0;
}

static void end_single(CollectPoller *poller, CollectBatch *batch, int64_t now_us)
{
    CollectDevice *device = batch->device;
    end_point(poller, device, &device->points[batch->points[0]], &batch->sample, now_us);
    settle(poller, batch, now_us);
}

static void take_single_result(CollectBatch *batch, const BacAnswer *answer, int64_t now_us)
{
    CollectDevice *device = batch->device;
    CollectPoint *point = &device->points[batch->points[0]];
    BacReadResult result = {.reference = collect_point_reference(point, asked_property(point, batch->asking)),
                            .refusal = answer->refusal};
    BpCursor body = answer->body;
    BacReference reference;
    if (answer->outcome == BAC_ANSWERED &&
        bac_read_property_ack_decode(&body, &reference, &result.value, NULL) != BP_OK)
        result.value = bp_cursor(NULL, 0);
    if (point->refusals == 0 && collect_decode_is_unknown_object(result.refusal))
        suspect(device, now_us); /* is it another device that has no such object? */
    take_multiple_result(point, &batch->sample, &result, &device->reasons, now_us);
    if (batch->asking == COLLECT_FLAGS)
        point->flags_at_us = now_us;
}

/* True while more is asked of the point, with the same batch. */
static bool take_single(CollectPoller *poller, CollectBatch *batch, const BacAnswer *answer, int64_t now_us)
{
    const CollectDevice *device = batch->device;
    if (answer->outcome == BAC_SILENT && batch->asking == COLLECT_VALUE)
        batch->sample.problem = "timeout";
    else if (answer->outcome != BAC_SILENT)
        take_single_result(batch, answer, now_us);
    const CollectWish next = answer->outcome == BAC_SILENT ? 0
                                                           : next_wish(&device->points[batch->points[0]],
                                                                       &batch->sample, batch->asking, now_us);
    if (next && ask_single(poller, batch, next, now_us) == COLLECT_ASKED)
        return true;
    end_single(poller, batch, now_us);
    if (answer->outcome == BAC_SILENT && device->answered_us <= batch->sent_us)
        doubt(batch->device, 1, 0);
    return false;
}

/* A batch that was refused as a whole. True while its point is asked for alone, with the same batch. */
static bool take_multiple_refusal(CollectPoller *poller, CollectBatch *batch, BacRefusal refusal,
                                  int64_t now_us)
{
    CollectDevice *device = batch->device;
    if (batch->is_named && collect_decode_is_unknown_object(refusal))
        suspect(device, now_us); /* of the points, or of the device itself? */
    const CollectRemedy remedy =
        collect_limits_refused(&device->limits, refusal, batch->count, batch->answer_octets, now_us);
    if (remedy != COLLECT_IS_ERROR) {
        put_back(batch, batch->count / 2);
        return false;
    }
    batch->kind = COLLECT_BATCH_SINGLE;
    batch->sample = (CollectSample){.flags = device->points[batch->points[0]].flags};
    if (ask_single(poller, batch, COLLECT_VALUE, now_us) == COLLECT_ASKED)
        return true;
    put_back(batch, 1);
    return false;
}

static bool take_multiple(CollectPoller *poller, CollectBatch *batch, const BacAnswer *answer, int64_t now_us)
{
    CollectDevice *device = batch->device;
    switch (answer->outcome) {
    case BAC_ANSWERED: take_multiple_answer(poller, batch, answer->body, now_us); return false;
    case BAC_REFUSED: return take_multiple_refusal(poller, batch, answer->refusal, now_us);
    default: break;
    }
    put_back(batch, batch->count / 2);
    if (device->answered_us > batch->sent_us)
        (void)collect_limits_unanswered(&device->limits, batch->count, batch->answer_octets, now_us);
    else if (!device->doubted)
        doubt(device, batch->count, batch->answer_octets);
    return false;
}

static void take_scan(CollectPoller *poller, CollectBatch *batch, const BacAnswer *answer, int64_t now_us)
{
    CollectDevice *device = batch->device;
    CollectScan *scan = device->scan;
    device->scan_waits = false;
    collect_scan_take(scan, &device->limits, answer, now_us);
    if (!collect_scan_is_over(scan))
        return;
    if (answer->outcome == BAC_SILENT && device->answered_us <= batch->sent_us)
        doubt(device, 0, 0);
    device->scan = NULL;
    poller->hooks.on_scanned(poller->hooks.owner, device, scan);
}

static void take_cov(CollectPoller *poller, const CollectBatch *batch, const BacAnswer *answer,
                     int64_t now_us)
{
    CollectDevice *device = batch->device;
    collect_subscribe_taken(poller, device, &device->points[batch->points[0]], answer, now_us);
    if (answer->outcome == BAC_SILENT && device->answered_us <= batch->sent_us)
        doubt(device, 1, 0);
}

static void note_latency(CollectPoller *poller, const BacAnswer *answer)
{
    if (answer->outcome == BAC_SILENT || answer->tries > 1)
        return;
    size_t bucket = 0;
    while (bucket + 1 < COLLECT_LATENCIES && answer->round_trip_us >= BP_MS << bucket)
        bucket++;
    poller->counts.latencies[bucket]++;
}

static void note_pace(const CollectPoller *poller, const CollectBatch *batch, const BacAnswer *answer,
                      int64_t now_us)
{
    CollectDevice *device = batch->device;
    const uint16_t most = poller->settings.window;
    const bool was_full = device->peer.outstanding + 1 >= collect_pace_window(&device->pace, most);
    if (answer->outcome == BAC_SILENT) {
        collect_pace_silent(&device->pace);
        collect_pace_narrow(&device->pace, now_us);
        return;
    }
    if (answer->tries > 1)
        collect_pace_narrow(&device->pace, now_us);
    else if (was_full && collect_ask_has_more(device, now_us))
        collect_pace_widen(&device->pace, most, now_us);
    collect_pace_answered(&device->pace, answer, batch->sent_us, now_us);
}

/* True while the batch is under way again. */
static bool take(CollectPoller *poller, CollectBatch *batch, const BacAnswer *answer, int64_t now_us)
{
    const bool points_are_those = batch->generation == batch->device->generation;
    switch (batch->kind) {
    case COLLECT_BATCH_PROBE: take_probe(poller, batch->device, answer, now_us); return false;
    case COLLECT_BATCH_SCAN: take_scan(poller, batch, answer, now_us); return false;
    case COLLECT_BATCH_COV:
        if (points_are_those)
            take_cov(poller, batch, answer, now_us);
        return false;
    case COLLECT_BATCH_SINGLE: return points_are_those && take_single(poller, batch, answer, now_us);
    default: return points_are_those && take_multiple(poller, batch, answer, now_us);
    }
}

CollectDevice *collect_ask_take(CollectPoller *poller, const BacAnswer *answer, int64_t now_us)
{
    CollectBatch *batch = answer->context;
    CollectDevice *device = batch->device;
    note_latency(poller, answer);
    note_pace(poller, batch, answer, now_us);
    collect_trunk_ended(device, batch->is_uncertain);
    if (answer->outcome != BAC_SILENT)
        note_answered(poller, device, now_us);
    if (answer->outcome != BAC_SILENT && batch->kind != COLLECT_BATCH_PROBE &&
        !collect_device_is_away(device))
        note_alive(poller, device, now_us);
    if (!take(poller, batch, answer, now_us))
        free_batch(poller, batch);
    return device;
}

void collect_ask_forget(CollectPoller *poller, const CollectDevice *device)
{
    for (size_t i = 0; i < poller->batch_count; i++)
        if (poller->batches[i].device == device) {
            collect_trunk_ended(poller->batches[i].device, poller->batches[i].is_uncertain);
            free_batch(poller, &poller->batches[i]);
        }
}
