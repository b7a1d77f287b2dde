#include "apps/sync/plan.h"

#include <jansson.h>
#include <string.h>

/* ---- reading what both say ---- */

static int64_t integer_of(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name)); /* 0 for null, too */
}

BpStatus plan_read_state(Plan *plan, BpStr json, BpError *err)
{
    json_error_t why;
    json_auto_t *state = json_loadb(json.data, json.size, 0, &why);
    const json_t *lives = json_object_get(state, "epochs"), *down = json_object_get(state, "down");
    if (!json_is_array(lives) || json_array_size(lives) == 0)
        return bp_fail(err, BP_MALFORMED, "the site's database tells no life of its journal");
    *plan = (Plan){.down_epoch = integer_of(down, "epoch"), .down_seq = integer_of(down, "seq")};
    const size_t count = json_array_size(lives),
                 left_out = count > PLAN_LIVES_MAX ? count - PLAN_LIVES_MAX : 0;
    for (size_t i = left_out; i < count; i++) {
        const json_t *life = json_array_get(lives, i);
        plan->lives[plan->count++] =
            (PlanLife){.epoch = integer_of(life, "epoch"),
                       .previous = integer_of(life, "previous"),
                       .first = integer_of(life, "first"),
                       .last = integer_of(life, "seq"),
                       .acknowledged = integer_of(life, "acknowledged"),
                       .is_closed = json_is_true(json_object_get(life, "is_closed"))};
    }
    return BP_OK;
}

PlanLife *plan_life(Plan *plan, int64_t epoch)
{
    for (size_t i = 0; i < plan->count; i++)
        if (plan->lives[i].epoch == epoch)
            return &plan->lives[i];
    return NULL;
}

BpStatus plan_read_hello(Plan *plan, BpStr json, BpError *err)
{
    json_error_t why;
    json_auto_t *hello = json_loadb(json.data, json.size, 0, &why);
    const json_t *lives = json_object_get(hello, "epochs"), *down = json_object_get(hello, "down"),
                 *limits = json_object_get(hello, "limits");
    if (!json_is_array(lives) || !json_is_object(limits))
        return bp_fail(err, BP_MALFORMED, "central's answer to hello is none that this program knows");
    for (size_t i = 0; i < json_array_size(lives); i++) {
        const json_t *told = json_array_get(lives, i);
        PlanLife *life = plan_life(plan, integer_of(told, "epoch"));
        plan->has_stranger = !life; /* the last one's word: they come in their order */
        if (!life)
            continue;
        life->is_known = true;
        life->received = integer_of(told, "seq");
        life->match = json_is_string(json_object_get(told, "digest")) ? PLAN_UNKNOWN : PLAN_SAME;
    }
    plan->device_end = integer_of(hello, "device_end");
    plan->point_end = integer_of(hello, "point_end");
    plan->due_epoch = integer_of(down, "epoch");
    plan->due_seq = integer_of(down, "seq");
    plan->wait_s = integer_of(hello, "wait_s");
    plan->entries_max = integer_of(limits, "entries");
    plan->octets_max = integer_of(limits, "call_octets");
    const char *text = json_string_value(json_object_get(hello, "why"));
    (void)bp_str_copy(bp_str(text ? text : ""), plan->why, sizeof plan->why);
    if (plan->entries_max < 1 || plan->octets_max < 1)
        return bp_fail(err, BP_MALFORMED, "central says that it takes no entries at all");
    return BP_OK;
}

/* ---- comparing ---- */

static bool differs(const Plan *plan, size_t which, PlanNext *ret_next)
{
    const PlanLife *life = &plan->lives[which];
    const bool is_present = which + 1 == plan->count;
    *ret_next = (PlanNext){.step = PLAN_DIFFERS, .life = which, .low = life->first - 1, .high = life->last};
    if (life->received > life->last && (is_present || life->last >= life->first)) {
        ret_next->why =
            "central has more of this site's journal than the site: its database was put back to an "
            "earlier state";
        return true;
    }
    if (life->match == PLAN_OTHER) {
        ret_next->high = life->received - 1;
        ret_next->why =
            "central has other entries of this site's journal than the site: its database was put back "
            "to an earlier state, or a copy of it has sent its own";
        return true;
    }
    if (is_present && plan->has_stranger) {
        ret_next->low = ret_next->high = life->received < life->last ? life->received : life->last;
        ret_next->why =
            "central has a later life of this site's journal: the site's database was put back to an "
            "earlier state";
        return true;
    }
    if (life->first - 1 - life->received > PLAN_HOLES_MAX) {
        ret_next->high = ret_next->low;
        ret_next->why =
            "central was put back to an earlier state, and the site has forgotten what it lacks since";
        return true;
    }
    return false;
}

PlanNext plan_next(const Plan *plan)
{
    PlanNext next;
    size_t known_end = 0; /* behind the last life that central knows */
    for (size_t i = 0; i < plan->count; i++) {
        const PlanLife *life = &plan->lives[i];
        if (life->is_known)
            known_end = i + 1;
        if (life->is_known && !life->is_closed && differs(plan, i, &next))
            return next;
    }
    for (size_t i = 0; i < plan->count; i++) {
        const PlanLife *life = &plan->lives[i];
        const bool is_present = i + 1 == plan->count;
        if (!is_present &&
            (life->is_closed || life->last < life->first || (!life->is_known && i < known_end)))
            continue; /* nothing of it is to be sent, or it cannot come behind a later one */
        if (!life->is_known)
            return (PlanNext){.step = PLAN_BEGIN, .life = i};
        if (is_present || life->received < life->last)
            return (PlanNext){.step = PLAN_SEND, .life = i, .after = life->received};
    }
    return (PlanNext){
        .step = PLAN_SEND, .life = plan->count - 1, .after = plan->lives[plan->count - 1].received};
}

/* ---- finding where the two agree ---- */

size_t plan_probes(int64_t low, int64_t high, int64_t ret_seqs[PLAN_PROBES_MAX])
{
    const int64_t span = high - low;
    const size_t count = span < PLAN_PROBES_MAX ? (size_t)(span > 0 ? span : 0) : PLAN_PROBES_MAX;
    for (size_t i = 0; i < count; i++)
        ret_seqs[i] = span <= PLAN_PROBES_MAX
                          ? low + 1 + (int64_t)i
                          : low + (int64_t)((double)span * (double)(i + 1) / PLAN_PROBES_MAX);
    return count;
}

void plan_narrow(int64_t *low, int64_t *high, const int64_t *seqs, const PlanMatch *matches, size_t count)
{
    const bool are_all = count > 0 && *high - *low == (int64_t)count;
    const int64_t span = *high - *low;
    for (size_t i = 0; i < count; i++) {
        if (matches[i] == PLAN_SAME && seqs[i] > *low)
            *low = seqs[i];
    }
    for (size_t i = count; i-- > 0;)
        if (matches[i] == PLAN_OTHER && seqs[i] > *low && seqs[i] - 1 < *high)
            *high = seqs[i] - 1;
    /* What cannot be told is taken for different: it is filed again, and what is at central already is not
     * stored twice. */
    if (are_all || *high - *low == span)
        *high = *low;
}
