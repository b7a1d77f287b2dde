#include "apps/collect/control/line.h"
#include "apps/collect/control/sentence.h"
#include "base/invariant.h"
#include "base/time.h"

#include <assert.h>
#include <stdlib.h>

static const int64_t VERIFY_WITHIN_US = 5 * BP_SECOND;

/* ---- for the steps ---- */

ControlNow control_now(const ControlCommands *commands)
{
    return commands->hooks.now(commands->hooks.owner);
}

void control_work(const ControlCommands *commands)
{
    commands->hooks.on_work(commands->hooks.owner);
}

CollectDevice *control_device(const ControlCommand *command)
{
    CollectDevice *device = collect_poll_devices(command->of->poller);
    while (device && device->device_id != command->device_id)
        device = device->next;
    return device;
}

/* ---- lines and buckets ---- */

static ControlCommand **bucket_of(ControlCommands *commands, int64_t number)
{
    return &commands->buckets[(uint64_t)number % CONTROL_BUCKETS];
}

const ControlCommand *control_commands_find(const ControlCommands *commands, int64_t number)
{
    const ControlCommand *command = commands->buckets[(uint64_t)number % CONTROL_BUCKETS];
    while (command && command->number != number)
        command = command->next_in_bucket;
    return command;
}

static ControlLine *line_of(ControlCommands *commands, int32_t device_id)
{
    ControlLine *line = commands->lines;
    while (line && line->device_id != device_id)
        line = line->next;
    if (line)
        return line;
    line = calloc(1, sizeof *line);
    if (!line)
        abort();
    *line = (ControlLine){.next = commands->lines, .device_id = device_id};
    commands->lines = line;
    return line;
}

/* Lines stay while somebody goes through them. */
static void sweep(ControlCommands *commands)
{
    for (ControlLine **link = &commands->lines; *link;) {
        ControlLine *line = *link;
        if (line->first) {
            link = &line->next;
        } else {
            *link = line->next;
            free(line);
        }
    }
}

static void join_line(ControlCommand *command)
{
    command->line = line_of(command->of, command->device_id);
    ControlCommand **link = &command->line->first;
    while (*link && (*link)->number < command->number)
        link = &(*link)->next_in_line;
    command->next_in_line = *link;
    *link = command;
}

static void leave_line(ControlCommand *command)
{
    ControlCommand **link = &command->line->first;
    while (*link != command)
        link = &(*link)->next_in_line;
    *link = command->next_in_line;
    command->line = NULL;
}

static void free_command(ControlCommand *command)
{
    ControlCommands *commands = command->of;
    ControlCommand **link = bucket_of(commands, command->number);
    while (*link != command)
        link = &(*link)->next_in_bucket;
    *link = command->next_in_bucket;
    commands->count--;
    free(command);
}

void control_end(ControlCommand *command, ControlVerdict verdict)
{
    ControlCommands *commands = command->of;
    assert(command->line && !control_look_is_under_way(&command->look));
    command->verdict = verdict;
    leave_line(command);
    *commands->ended_end = command;
    commands->ended_end = &command->next_ended;
    commands->hooks.on_ended(commands->hooks.owner, command);
    command->step = CONTROL_HAS_ENDED;
    control_work(commands);
}

static void forget(ControlCommand *command)
{
    assert(!control_look_is_under_way(&command->look));
    leave_line(command);
    free_command(command);
}

/* ---- rows come in ---- */

static ControlCommand *new_command(ControlCommands *commands, const ControlDue *due, const ControlNow *now)
{
    ControlCommand *command = calloc(1, sizeof *command);
    if (!command)
        abort();
    *command = (ControlCommand){.of = commands,
                                .number = due->number,
                                .device_id = due->device_id,
                                .point_id = due->point_id,
                                .object = due->object,
                                .property = due->property,
                                .is_commandable = due->is_commandable,
                                .is_release = due->is_release,
                                .has_value = due->has_value,
                                .value = due->value,
                                .priority = due->priority,
                                .expires_us = due->expires_us,
                                .execute_us = due->execute_us,
                                .release_after_us = due->release_after_us,
                                .was_executing = due->is_executing,
                                .seen_us = now->boot_us,
                                .dies_us = now->boot_us + (due->expires_us - now->wall_us)};
    (void)bp_str_copy(due->id, command->id, sizeof command->id);
    (void)bp_str_copy(due->name, command->name, sizeof command->name);
    (void)bp_str_copy(due->units, command->units, sizeof command->units);
    (void)bp_str_copy(due->states, command->states, sizeof command->states);
    (void)bp_str_copy(due->source, command->source, sizeof command->source);
    (void)bp_str_copy(due->created_by, command->created_by, sizeof command->created_by);
    return command;
}

bool control_commands_take(ControlCommands *commands, const ControlDue *due)
{
    const ControlNow now = control_now(commands);
    assert(due->priority >= 1 && due->priority <= CONTROL_SLOTS);
    if (control_commands_find(commands, due->number))
        return true;
    if (commands->count >= CONTROL_COMMANDS_MAX)
        return false;
    ControlCommand *command = new_command(commands, due, &now), **bucket = bucket_of(commands, due->number);
    command->next_in_bucket = *bucket;
    *bucket = command;
    commands->count++;
    join_line(command);
    if (due->is_executing) {
        command->step = CONTROL_VERIFIES;
        command->answer = CONTROL_UNANSWERED;
        command->answered_us = now.loop_us;
        command->wish = (ControlWish){.is_release = due->is_release,
                                      .has_array = due->is_commandable,
                                      .slot = due->priority,
                                      .value = due->value};
    }
    control_work(commands);
    return true;
}

/* ---- driving it ---- */

void control_commands_advance(ControlCommands *commands)
{
    const ControlNow now = control_now(commands);
    (void)control_clock_look(&commands->clock, &now);
    for (ControlLine *line = commands->lines; line; line = line->next)
        control_line_advance(line, &now);
    sweep(commands);
    BP_INVARIANT(control_commands_check(commands));
}

int64_t control_commands_next_due_us(const ControlCommands *commands)
{
    const ControlNow now = control_now(commands);
    int64_t due_us = INT64_MAX;
    for (const ControlLine *line = commands->lines; line; line = line->next) {
        const int64_t line_us = control_line_due_us(line, &now);
        due_us = line_us < due_us ? line_us : due_us;
    }
    return due_us;
}

static void end_unwritten(ControlCommand *command, const char *why)
{
    control_say(command, "%s: nothing was written", why);
    control_end(command, CONTROL_NOT_SENT);
}

/* Calls `each` for all that have not ended, which may leave their lines. */
static void for_each(ControlCommands *commands, void (*each)(ControlCommand *command))
{
    for (ControlLine *line = commands->lines; line; line = line->next)
        for (ControlCommand *command = line->first, *next; command; command = next) {
            next = command->next_in_line;
            each(command);
        }
    sweep(commands);
    BP_INVARIANT(control_commands_check(commands));
}

/* One that is being looked at, or given to the poller, finds out by itself. */
static void give_back(ControlCommand *command)
{
    switch (command->step) {
    case CONTROL_WAITS:
    case CONTROL_IS_READY: forget(command); break;
    case CONTROL_CLAIMS: end_unwritten(command, "the database went away while it was claimed"); break;
    case CONTROL_CLAIMED:
    case CONTROL_IS_KEPT: end_unwritten(command, "the database went away before it was its turn"); break;
    default: break;
    }
}

void control_commands_may_write(ControlCommands *commands, bool may_write)
{
    commands->may_write = may_write;
    if (!may_write)
        for_each(commands, give_back);
}

/* ---- claims ---- */

size_t control_commands_to_claim(ControlCommands *commands, ControlCommand **ret_all, size_t most)
{
    const ControlNow now = control_now(commands);
    size_t count = 0;
    if (!commands->may_write)
        return 0;
    for (ControlLine *line = commands->lines; line && count < most; line = line->next)
        count += control_line_to_claim(line, &now, ret_all + count, most - count);
    for (size_t i = 0; i < count; i++) {
        ret_all[i]->step = CONTROL_CLAIMS;
        ret_all[i]->asked_us = now.boot_us;
    }
    return count;
}

void control_commands_claimed(ControlCommands *commands, ControlCommand *command, bool is_claimed,
                              uint64_t batch)
{
    if (command->step != CONTROL_CLAIMS)
        return; /* the connection was lost meanwhile */
    if (!is_claimed) {
        forget(command);
        control_work(commands); /* whoever was behind it */
        return;
    }
    command->step = CONTROL_CLAIMED;
    command->batch = batch;
}

static void end_unclaimed(ControlCommand *command)
{
    if (command->step == CONTROL_CLAIMS)
        end_unwritten(command, "the database did not say whether it may be carried out");
}

static void wait_on(ControlCommand *command)
{
    if (command->step == CONTROL_CLAIMS)
        command->step = CONTROL_IS_READY;
}

void control_commands_unclaimed(ControlCommands *commands, bool is_certain)
{
    if (!commands->is_closing)
        for_each(commands, is_certain ? wait_on : end_unclaimed);
}

void control_commands_kept(ControlCommands *commands, uint64_t batch, bool is_kept)
{
    for (ControlLine *line = commands->lines; line && !commands->is_closing; line = line->next)
        for (ControlCommand *command = line->first, *next; command; command = next) {
            next = command->next_in_line;
            if (command->step != CONTROL_CLAIMED || command->batch != batch)
                continue;
            if (is_kept)
                command->step = CONTROL_IS_KEPT;
            else
                end_unwritten(command, "what must be written down before it could not be");
        }
    control_work(commands);
}

/* ---- ends ---- */

size_t control_commands_to_tell(const ControlCommands *commands, const ControlCommand **ret_all, size_t most)
{
    size_t count = 0;
    for (const ControlCommand *command = commands->ended; command && count < most;
         command = command->next_ended)
        ret_all[count++] = command;
    return count;
}

void control_commands_told(ControlCommands *commands, size_t count)
{
    while (count-- > 0) {
        ControlCommand *command = commands->ended;
        assert(command);
        commands->ended = command->next_ended;
        if (!commands->ended)
            commands->ended_end = &commands->ended;
        free_command(command);
    }
    BP_INVARIANT(control_commands_check(commands));
}

/* ---- points that somebody else writes to ---- */

static size_t find_taken(const ControlCommands *commands, int32_t point_id)
{
    size_t i = 0;
    while (i < commands->taken_count && commands->taken[i] != point_id)
        i++;
    return i;
}

bool control_is_taken(const ControlCommands *commands, int32_t point_id)
{
    return find_taken(commands, point_id) < commands->taken_count;
}

static bool is_under_way(const ControlCommands *commands, int32_t point_id)
{
    for (const ControlLine *line = commands->lines; line; line = line->next)
        for (const ControlCommand *command = line->first; command; command = command->next_in_line)
            if (command->point_id == point_id && command->step != CONTROL_WAITS)
                return true;
    return false;
}

bool control_commands_take_point(ControlCommands *commands, int32_t point_id)
{
    if (control_is_taken(commands, point_id) || is_under_way(commands, point_id))
        return false;
    if (commands->taken_count == commands->taken_capacity) {
        commands->taken_capacity = commands->taken_capacity ? 2 * commands->taken_capacity : 16;
        commands->taken = realloc(commands->taken, commands->taken_capacity * sizeof *commands->taken);
        if (!commands->taken)
            abort();
    }
    commands->taken[commands->taken_count++] = point_id;
    return true;
}

void control_commands_give_point(ControlCommands *commands, int32_t point_id)
{
    const size_t i = find_taken(commands, point_id);
    assert(i < commands->taken_count);
    commands->taken[i] = commands->taken[--commands->taken_count];
    control_work(commands);
}

/* ---- making it ---- */

ControlCommands *control_commands_new(CollectPoller *poller, const ControlCommandsHooks *hooks)
{
    ControlCommands *commands = calloc(1, sizeof *commands);
    if (!commands)
        abort();
    commands->poller = poller;
    commands->hooks = *hooks;
    commands->verify_within_us = VERIFY_WITHIN_US;
    commands->ended_end = &commands->ended;
    return commands;
}

void control_commands_set(ControlCommands *commands, int64_t verify_within_us, ControlMode mode)
{
    commands->verify_within_us = verify_within_us;
    commands->mode = mode;
}

void control_commands_knew(ControlCommands *commands, int64_t wall_us)
{
    control_clock_knew(&commands->clock, wall_us);
}

bool control_mode_allows(const ControlCommand *command)
{
    const ControlMode mode = command->of->mode;
    return mode == CONTROL_NORMAL || (mode == CONTROL_STOP && command->is_release && !command->has_value);
}

void control_commands_close(ControlCommands *commands)
{
    commands->is_closing = true;
    commands->may_write = false;
}

void control_commands_free(ControlCommands *commands)
{
    if (!commands)
        return;
    for (size_t i = 0; i < CONTROL_BUCKETS; i++)
        while (commands->buckets[i]) {
            ControlCommand *command = commands->buckets[i];
            commands->buckets[i] = command->next_in_bucket;
            free(command);
        }
    for (ControlLine *line; (line = commands->lines);) {
        commands->lines = line->next;
        free(line);
    }
    free(commands->taken);
    free(commands);
}

size_t control_commands_count(const ControlCommands *commands)
{
    return commands->count;
}

/* ---- what must hold ---- */

static size_t check_line(const ControlCommands *commands, const ControlLine *line)
{
    size_t count = 0, ahead = 0;
    int64_t number = INT64_MIN;
    bool waits = false;
    for (const ControlCommand *command = line->first; command; command = command->next_in_line, count++) {
        assert(command->of == commands && command->line == line && command->device_id == line->device_id);
        assert(command->number > number && command->step != CONTROL_HAS_ENDED);
        assert(control_commands_find(commands, command->number) == command);
        number = command->number;
        ahead += command->step > CONTROL_WAITS && command->step < CONTROL_VERIFIES;
        const bool looks = command->step == CONTROL_LOOKS;
        assert(!looks || control_look_is_under_way(&command->look) || commands->is_closing);
        assert(looks || command->step == CONTROL_VERIFIES || !control_look_is_under_way(&command->look));
        /* Written in order: nobody is further than one before it, but those that wait for a clock. */
        waits = waits || (command->step < CONTROL_WRITES && command->execute_us == 0);
        assert(!waits || command->step < CONTROL_WRITES || command->was_executing);
    }
    assert(ahead <= CONTROL_AHEAD);
    return count;
}

void control_commands_check(const ControlCommands *commands)
{
    size_t count = 0;
    for (const ControlLine *line = commands->lines; line; line = line->next)
        count += check_line(commands, line);
    ControlCommand *const *end = &commands->ended;
    for (const ControlCommand *command = commands->ended; command; command = command->next_ended, count++) {
        assert(command->step == CONTROL_HAS_ENDED && command->verdict != CONTROL_NO_VERDICT &&
               *command->text);
        end = &command->next_ended;
    }
    assert(end == commands->ended_end && count == commands->count);
}
