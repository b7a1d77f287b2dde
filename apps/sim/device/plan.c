#include "apps/sim/device/plan.h"

#include "apps/sim/defect/kinds.h"
#include "apps/sim/device/override.h"
#include "apps/sim/device/random_faults.h"
#include "base/parse.h"
#include "base/random.h"
#include "base/time.h"

#include <math.h>
#include <stdlib.h>

enum { ORDERS_MAX = 20000, RANDOM_MAX = 2000 };

/* Slots and writes are not the building's: whoever is told that something changed carries them out. */
static const DefectKind of_device = {.place = DEFECT_ELSEWHERE};

SimPlan *sim_plan_new(SimSite *site, const SimOrderedOptions *options)
{
    SimPlan *plan = calloc(1, sizeof *plan);
    if (!plan)
        abort();
    *plan = (SimPlan){.site = site, .options = options, .defects = {.next_us = INT64_MIN}};
    return plan;
}

void sim_plan_free(SimPlan *plan)
{
    if (plan) {
        free(plan->defects.list);
        free(plan->details);
    }
    free(plan);
}

/* In a run whose end is known, each is to begin: at the start, or in a step until the end. */
static BpStatus check_times(const SimOrderedOptions *options, const Defect *defect, BpError *err)
{
    char told[BP_TIME_TEXT_MAX], bound[BP_TIME_TEXT_MAX];
    const int64_t from_us = defect->from_us, until_us = defect->until_us;
    if (options->end_us == INT64_MAX)
        return BP_OK;
    if (until_us <= options->start_us)
        return bp_fail(err, BP_INVALID, "it is over at %s, and the run begins at %s",
                       bp_time_format(until_us, 0, told), bp_time_format(options->start_us, 0, bound));
    if (from_us > options->end_us)
        return bp_fail(err, BP_INVALID, "it begins at %s, and the run ends at %s",
                       bp_time_format(from_us, 0, told), bp_time_format(options->end_us, 0, bound));
    const int64_t step_us = from_us > options->start_us
                                ? (from_us + BUILDING_STEP_US - 1) / BUILDING_STEP_US * BUILDING_STEP_US
                                : options->start_us;
    if (step_us >= until_us || step_us > options->end_us)
        return bp_fail(err, BP_INVALID, "it begins and ends between two steps of 5 s, or after the last one");
    return BP_OK;
}

static BpStatus plan_add(SimPlan *plan, const Defect *defect, const SimDetails *details, BpError *err)
{
    Defects *defects = &plan->defects;
    const size_t count = defects->count;
    BP_TRY(check_times(plan->options, defect, err));
    if (count == ORDERS_MAX)
        return bp_fail(err, BP_INVALID, "more than %d faults were ordered", ORDERS_MAX);
    for (size_t i = 0; i < count && !details->is_of_device; i++)
        if (defect_overlaps(&defects->list[i], defect))
            return bp_fail(err, BP_INVALID, "it is ordered twice for the same time");
    if ((count & (count - 1)) == 0) {
        const size_t capacity = count ? 2 * count : 1;
        defects->list = realloc(defects->list, capacity * sizeof *defects->list);
        plan->details = realloc(plan->details, capacity * sizeof *plan->details);
        if (!defects->list || !plan->details)
            abort();
    }
    defects->list[count] = *defect;
    plan->details[count] = *details;
    defects->count++;
    return BP_OK;
}

/* ---- an order ---- */

static Defect defect_of(const DefectOrder *order, const DefectKind *kind, void *subject)
{
    uint64_t id = bp_hash(order->what.data, order->what.size, 0);
    id = bp_hash(order->fault.data, order->fault.size, id);
    id = order->has_value ? bp_hash(order->value.data, order->value.size, id) : id;
    id = bp_hash(&order->from_us, sizeof order->from_us, id);
    id = bp_hash(&order->until_us, sizeof order->until_us, id);
    return (Defect){.kind = kind,
                    .subject = subject,
                    .value = NAN,
                    .from_us = order->from_us,
                    .until_us = order->until_us,
                    .id = id};
}

static BpStatus add_to_device(SimPlan *plan, SimDevice *device, const DefectOrder *order, BpError *err)
{
    const SimSite *site = plan->site;
    const SimInstances there = {site->devices[0].instance, site->device_count};
    SimDetails details = {.subject = {.device = device}, .is_of_device = true};
    Defect defect = defect_of(order, &of_device, device);
    BP_TRY(sim_fault_parse(order, there, &details.faults, &details.fault, err));
    if (plan->options->is_headless && !details.faults.held_slot)
        return bp_fail(err, BP_INVALID,
                       "it is seen on a network alone, and --days N is without one; of faults of devices it "
                       "takes holds=SLOT@VALUE");
    if (details.faults.swaps && plan->options->has_router)
        return bp_fail(err, BP_INVALID,
                       "swaps is for devices with addresses of their own: without --network");
    if (details.faults.held_slot)
        defect.value = details.faults.held_value;
    (void)bp_str_copy(order->value, details.text, sizeof details.text);
    return plan_add(plan, &defect, &details, err);
}

static BpStatus take_value(const DefectOrder *order, const SimObject *commanded, Defect *defect, BpError *err)
{
    const DefectKind *kind = defect->kind;
    if (order->has_value && !kind->value)
        return bp_fail(err, BP_INVALID, "%s takes no \"=\"", kind->name);
    if (!order->has_value && kind->needs_value)
        return bp_fail(err, BP_INVALID, "%s=%s: something is to stand behind the name", kind->name,
                       kind->value);
    if (!order->has_value) {
        defect->value = kind->value ? kind->usual : NAN;
        defect->has_value = !isnan(defect->value);
        return BP_OK;
    }
    defect->has_value = true;
    if ((commanded ? sim_object_parse(commanded, order->value, &defect->value, err)
                   : bp_parse_double(order->value, &defect->value, err)) != BP_OK)
        return bp_within(err, "%s=%s", kind->name, kind->value);
    if (!(defect->value >= kind->least && defect->value <= kind->most))
        return bp_fail(err, BP_INVALID, "%s=%s: %g to %g, and not %g", kind->name, kind->value, kind->least,
                       kind->most, defect->value);
    if (commanded && !sim_object_takes(commanded, defect->value))
        return bp_fail(err, BP_INVALID, "%s=%s: %s does not take %g", kind->name, kind->value,
                       commanded->name, defect->value);
    return BP_OK;
}

static BpStatus add_to_subject(SimPlan *plan, const SimSubject *subject, const DefectKind *kind,
                               const DefectOrder *order, BpError *err)
{
    const bool is_override = kind == &sim_override_forgotten;
    void *failing = is_override       ? (void *)subject->object
                    : subject->object ? (void *)subject->object->signal
                                      : subject->equipment->data;
    const SimDetails details = {.subject = *subject, .fault = kind->name};
    Defect defect = defect_of(order, kind, failing);
    BP_TRY(take_value(order, is_override ? subject->object : NULL, &defect, err));
    return plan_add(plan, &defect, &details, err);
}

/* ---- who fails, and how it may ---- */

static void list_kinds(DefectPlace place, const char *before, BpBuf *out)
{
    for (const DefectKind *kind = defect_kinds; kind->name; kind++)
        if (kind->place == place) {
            bp_buf_str(out, bp_str(before));
            bp_buf_str(out, bp_str(kind->name));
            before = ", ";
        }
}

static void list_device_faults(BpBuf *out)
{
    for (size_t i = 0; sim_fault_names[i][0]; i++) {
        bp_buf_str(out, bp_str(i ? ", " : ""));
        bp_buf_str(out, bp_str(sim_fault_names[i][0]));
    }
}

static const SimObject *some_point(const SimSubject *subject, bool (*is_one)(const SimObject *))
{
    const SimObject *object;
    for (size_t i = 0; (object = sim_subject_point(subject, &i));)
        if (is_one(object))
            return object;
    return NULL;
}

static bool is_sensor(const SimObject *object)
{
    return object->id.type == BAC_ANALOG_INPUT;
}

static bool is_commandable(const SimObject *object)
{
    return object->is_commandable;
}

static void put_example(BpBuf *out, const SimObject *object, const char *rest)
{
    bp_buf_str(out, bp_str(out->size ? "; " : ""));
    bp_buf_str(out, bp_str(object->equipment->name));
    bp_buf_str(out, bp_str("/"));
    bp_buf_str(out, bp_str(object->spec->name));
    bp_buf_str(out, bp_str(rest));
}

/* The ways in which it may fail. */
static BpStatus cannot_have(const SimSubject *subject, const DefectOrder *order, BpError *err)
{
    char memory[400];
    BpBuf out = bp_buf(memory, sizeof memory);
    const SimObject *sensor = some_point(subject, is_sensor), *command = some_point(subject, is_commandable);
    if (subject->object && is_commandable(subject->object))
        bp_buf_str(&out, bp_str(sim_override_forgotten.name));
    list_kinds(sim_subject_place(subject), "", &out);
    if (!subject->object && sensor) {
        put_example(&out, sensor, " and other sensors");
        list_kinds(DEFECT_SENSOR, ": ", &out);
    }
    if (!subject->object && command) {
        put_example(&out, command, " and other commands: ");
        bp_buf_str(&out, bp_str(sim_override_forgotten.name));
    }
    return bp_fail(err, BP_INVALID, "%.*s cannot have \"%.*s\". There are: %.*s", BP_STR_ARGS(order->what),
                   BP_STR_ARGS(order->fault), BP_STR_ARGS(bp_buf_text(&out)));
}

static BpStatus order_subject(SimPlan *plan, const DefectOrder *order, BpError *err)
{
    SimSubject subject;
    BP_TRY(sim_subject_find(plan->site, order->what, &subject, err));
    if (subject.object && is_commandable(subject.object) &&
        bp_str_equal(order->fault, bp_str(sim_override_forgotten.name)))
        return add_to_subject(plan, &subject, &sim_override_forgotten, order, err);
    const DefectKind *kind = defect_kind_find(sim_subject_place(&subject), order->fault);
    if (kind && sim_subject_place(&subject) != DEFECT_ELSEWHERE)
        return add_to_subject(plan, &subject, kind, order, err);
    const BpStatus status = subject.object ? BP_NOT_FOUND : add_to_device(plan, subject.device, order, err);
    return status == BP_NOT_FOUND ? cannot_have(&subject, order, err) : status;
}

static BpStatus order_devices(SimPlan *plan, const DefectOrder *order, BpError *err)
{
    SimSite *site = plan->site;
    const SimInstances there = {site->devices[0].instance, site->device_count};
    uint32_t instance = there.first;
    const bool is_all = bp_str_equal(order->what, bp_str("all"));
    if (!is_all)
        BP_TRY(sim_instances_parse(order->what, there, &instance, err));
    for (size_t i = instance - there.first; i < (is_all ? there.count : instance - there.first + 1); i++) {
        const BpStatus status = add_to_device(plan, &site->devices[i], order, err);
        if (status != BP_NOT_FOUND && status != BP_OK)
            return status;
        if (status == BP_NOT_FOUND) {
            char memory[300];
            BpBuf names = bp_buf(memory, sizeof memory);
            list_device_faults(&names);
            return bp_fail(
                err, BP_INVALID,
                "\"%.*s\" is no fault of a device. There are: %.*s; of equipment it is told by the "
                "equipment's name",
                BP_STR_ARGS(order->fault), BP_STR_ARGS(bp_buf_text(&names)));
        }
    }
    return BP_OK;
}

/* Random ones come after all others, in whose way they do not get. */
typedef enum Which { ORDERED, RANDOM } Which;

static BpStatus take_text(SimPlan *plan, BpStr text, Which which, BpError *err);

/* Where something of the building is ordered to fail. */
static SimFaultPlace *places_of(const SimPlan *plan)
{
    SimFaultPlace *places = calloc(plan->defects.count + 1, sizeof *places);
    if (!places)
        abort();
    for (size_t i = 0; i < plan->defects.count; i++)
        places[i] = (SimFaultPlace){plan->details[i].subject.equipment, plan->defects.list[i].from_us,
                                    plan->defects.list[i].until_us};
    return places;
}

/* "random:20@FROM/UNTIL" */
static BpStatus order_random(SimPlan *plan, const DefectOrder *order, BpError *err)
{
    enum { LINE_MAX_OCTETS = 160 };
    const SimOrderedOptions *options = plan->options;
    int64_t count;
    if (order->has_value || bp_parse_i64(order->fault, 1, RANDOM_MAX, &count, NULL) != BP_OK)
        return bp_fail(err, BP_INVALID, "random wants a number from 1 to %d, as in random:20", RANDOM_MAX);
    SimRandomFaults wanted = {
        .count = (size_t)count,
        .from_us = order->from_us == INT64_MIN ? options->start_us : order->from_us,
        .until_us = order->until_us == INT64_MAX ? options->end_us : order->until_us,
        .seed = options->seed ^ (uint64_t)count,
    };
    if (wanted.until_us == INT64_MAX)
        return bp_fail(err, BP_INVALID, "until when? This run has no end: random:20@+0h/+30d");
    SimFaultPlace *taken = places_of(plan);
    wanted.taken = taken;
    wanted.taken_count = plan->defects.count;
    BpBuf out = bp_buf_growing((size_t)count * LINE_MAX_OCTETS);
    BpStatus status = sim_random_faults(plan->site, &wanted, &out, err);
    if (status == BP_OK)
        status = take_text(plan, bp_buf_text(&out), ORDERED, err);
    bp_buf_done(&out);
    free(taken);
    return status;
}

static BpStatus take_order(SimPlan *plan, const DefectOrder *order, Which which, BpError *err)
{
    const BpStr what = order->what;
    const bool is_number = what.size > 0 && what.data[0] >= '0' && what.data[0] <= '9';
    if (which == RANDOM)
        return order_random(plan, order, err);
    return is_number || bp_str_equal(what, bp_str("all")) ? order_devices(plan, order, err)
                                                          : order_subject(plan, order, err);
}

static BpStatus take_text(SimPlan *plan, BpStr text, Which which, BpError *err)
{
    DefectOrders orders = {.text = text, .start_us = plan->options->start_us};
    DefectOrder order;
    bool has = true;
    while (has) {
        BP_TRY(defect_orders_next(&orders, &order, &has, err));
        if (!has || bp_str_equal(order.what, bp_str("random")) != (which == RANDOM))
            continue;
        if (take_order(plan, &order, which, err) != BP_OK)
            return bp_within(err, "%.*s:%.*s", BP_STR_ARGS(order.what), BP_STR_ARGS(order.fault));
    }
    return BP_OK;
}

BpStatus sim_plan_read(SimPlan *plan, BpStr text, BpError *err)
{
    BP_TRY(take_text(plan, text, ORDERED, err));
    return take_text(plan, text, RANDOM, err);
}
