#include "apps/collect/control/holding.h"

#include "apps/collect/control/keep.h"
#include "apps/collect/control/radar.h"
#include "base/time.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct ControlHolding {
    CollectControl *control;
    ControlKeep *keep;
    ControlRadar *radar;
};

/* Waits for the disk. */
typedef struct Waiting {
    CollectControl *control;
    uint64_t batch;
} Waiting;

/* ---- what a command is to its slot ---- */

static ControlShown shown_of(const ControlSeen *seen, int slot)
{
    ControlShown shown = {.what = CONTROL_SHOWN_NOT};
    if (seen->sight != CONTROL_SEEN || !control_slots_is_known(&seen->slots, slot))
        return shown;
    shown.what = control_slots_is_held(&seen->slots, slot) ? CONTROL_SHOWN_VALUE : CONTROL_SHOWN_EMPTY;
    shown.value = shown.what == CONTROL_SHOWN_VALUE ? seen->slots.values[slot - 1] : NAN;
    return shown;
}

/* Where there is no priority array a value holds nothing; only one that was to end is kept, to be told of. */
static bool holds_slot(const ControlCommand *command)
{
    return !command->is_release && (command->wish.has_array || command->release_after_us > 0);
}

static void copy(const char *text, char *ret_text, size_t capacity)
{
    (void)bp_str_copy(bp_str(text), ret_text, capacity);
}

static ControlHold hold_of(const CollectControl *control, const ControlCommand *command,
                           const ControlTime *now)
{
    const int64_t after_us = command->release_after_us > 0 ? command->release_after_us : CONTROL_NO_END;
    const CollectDevice *device = collect_poll_devices(control->options.poller);
    ControlHold hold = {.point_id = command->point_id,
                        .slot = (uint8_t)command->priority,
                        .device_id = command->device_id,
                        .device_instance = BAC_INSTANCE_WILDCARD,
                        .object = command->object,
                        .property = command->property,
                        .is_plain = !command->wish.has_array,
                        .value = command->value,
                        .span = control_span(after_us, now),
                        .began_us = now->wall_us,
                        .before = shown_of(&command->before, command->priority)};
    while (device && device->device_id != command->device_id)
        device = device->next;
    if (device) {
        hold.device_instance = device->instance;
        bac_address_format(&device->peer.address, hold.address);
    }
    copy(command->id, hold.command, sizeof hold.command);
    copy(*command->before.name ? command->before.name : command->name, hold.name, sizeof hold.name);
    copy(command->source, hold.source, sizeof hold.source);
    copy(command->created_by, hold.created_by, sizeof hold.created_by);
    control_hold_add_ours(&hold, command->value);
    return hold;
}

/* ---- what commands ask for ---- */

static void on_kept(void *context, const BpError *err)
{
    Waiting *waiting = context;
    control_kept(waiting->control, waiting->batch, err == NULL);
    free(waiting);
}

void control_holds_keep(CollectControl *control, ControlCommand *const *commands, size_t count,
                        const ControlPlace *place, uint64_t batch)
{
    ControlHold *holds = calloc(count + 1, sizeof *holds);
    Waiting *waiting = calloc(1, sizeof *waiting);
    ControlTime now;
    size_t hold_count = 0;
    if (!holds || !waiting)
        abort();
    control_keep_now(&now);
    for (size_t i = 0; i < count; i++)
        if (holds_slot(commands[i]))
            holds[hold_count++] = hold_of(control, commands[i], &now);
    *waiting = (Waiting){control, batch};
    control_keep_claim(control->holding->keep, holds, hold_count, place, on_kept, waiting);
    free(holds);
}

static ControlOutcome outcome_of(const ControlCommand *command)
{
    switch (command->verdict) {
    case CONTROL_HELD:
    case CONTROL_OUTRANKED: return CONTROL_TOOK;
    case CONTROL_NOT_SHOWN:
    case CONTROL_UNKNOWN: return CONTROL_MAY_BE;
    default: return CONTROL_DID_NOT;
    }
}

void control_holds_ended(CollectControl *control, const ControlCommand *command)
{
    ControlHolding *holding = control->holding;
    const ControlShown shown = shown_of(&command->shown, command->priority);
    if (command->has_shown)
        control_radar_saw(holding->radar, command->point_id, &command->shown);
    if (!command->is_release)
        control_keep_settle(holding->keep, command->point_id, (uint8_t)command->priority, command->id,
                            outcome_of(command),
                            command->has_shown && shown.what != CONTROL_SHOWN_NOT ? &shown : NULL);
    else if (command->verdict == CONTROL_HELD)
        control_keep_settle(holding->keep, command->point_id, (uint8_t)command->priority, command->id,
                            CONTROL_EMPTIED, NULL);
}

/* ---- what keep and radar ask for ---- */

static bool take_point(void *owner, int32_t point_id)
{
    const ControlHolding *holding = owner;
    return control_point_take(holding->control, point_id);
}

static void give_point(void *owner, int32_t point_id)
{
    const ControlHolding *holding = owner;
    control_point_give(holding->control, point_id);
}

static int32_t points_end(void *owner)
{
    const ControlHolding *holding = owner;
    const CollectControlOptions *options = &holding->control->options;
    return options->points_end(options->owner);
}

static void on_open(void *owner)
{
    ControlHolding *holding = owner;
    control_radar_begin(holding->radar);
    control_opened(holding->control);
}

static bool is_untold(void *owner, const char *command)
{
    const ControlHolding *holding = owner;
    const ControlCommand *all[CONTROL_COMMANDS_MAX];
    const size_t count = control_commands_to_tell(holding->control->commands, all, CONTROL_COMMANDS_MAX);
    for (size_t i = 0; i < count; i++)
        if (!command || strcmp(all[i]->id, command) == 0)
            return true;
    return false;
}

static void on_orders(void *owner)
{
    const ControlHolding *holding = owner;
    const CollectControlOptions *options = &holding->control->options;
    options->on_orders(options->owner);
}

static void on_seen(void *owner, int32_t point_id, const ControlSeen *seen)
{
    const ControlHolding *holding = owner;
    control_radar_saw(holding->radar, point_id, seen);
}

/* ---- what holding.h promises ---- */

ControlHolding *control_holding_new(CollectControl *control)
{
    const CollectControlOptions *options = &control->options;
    ControlHolding *holding = calloc(1, sizeof *holding);
    if (!holding)
        abort();
    holding->control = control;
    holding->radar = control_radar_new(&(ControlRadarOptions){.loop = options->loop,
                                                              .poller = options->poller,
                                                              .pg = control->pg,
                                                              .site = options->file->site,
                                                              .owner = holding,
                                                              .on_orders = on_orders});
    holding->keep = control_keep_new(&(ControlKeepOptions){.loop = options->loop,
                                                           .poller = options->poller,
                                                           .pg = control->pg,
                                                           .site = options->file->site,
                                                           .data_folder = options->file->data_folder,
                                                           .owner = holding,
                                                           .take_point = take_point,
                                                           .give_point = give_point,
                                                           .points_end = points_end,
                                                           .on_open = on_open,
                                                           .is_untold = is_untold,
                                                           .on_seen = on_seen,
                                                           .on_orders = on_orders});
    return holding;
}

void control_holding_close(ControlHolding *holding)
{
    control_radar_close(holding->radar);
    control_keep_close(holding->keep);
}

void control_holding_free(ControlHolding *holding)
{
    if (!holding)
        return;
    control_radar_free(holding->radar);
    control_keep_free(holding->keep);
    free(holding);
}

int64_t control_holding_known_wall_us(const ControlHolding *holding)
{
    return control_keep_known_wall_us(holding->keep);
}

void control_holding_set(ControlHolding *holding, const Cfg *cfg)
{
    control_keep_set(holding->keep, strcmp(cfg->control_mode, "freeze") == 0);
    const int64_t interval_us = cfg->control_scan_interval;
    control_radar_set(holding->radar, interval_us > 0 && interval_us < BP_MINUTE ? BP_MINUTE : interval_us);
}

void control_holding_alone(ControlHolding *holding)
{
    control_keep_alone(holding->keep);
}

void control_holding_lost(ControlHolding *holding)
{
    control_radar_pause(holding->radar);
    control_keep_lost(holding->keep);
}

void control_holding_note_state(ControlHolding *holding, const CollectDevice *device)
{
    if (device->state == COLLECT_ONLINE)
        control_keep_wake(holding->keep, device->instance);
}
