/* Commands under way, from the row that the database has of them to the verdict that it is told: one line for
 * each device, in the order of their numbers, devices side by side.
 *
 * No database, sockets or clocks of its own: rows and answers of the database come in by calls, what is to be
 * claimed and told goes out by others, devices are asked through the poller. A device's datagrams go out in
 * the order of its commands; up to CONTROL_AHEAD of them are looked at and claimed before their turn, so that
 * a commit holds up no device, and none of them is behind one of the same point. */
#ifndef COLLECT_CONTROL_COMMANDS_H
#define COLLECT_CONTROL_COMMANDS_H

#include "apps/collect/control/clock.h"
#include "apps/collect/control/command.h"

typedef struct ControlCommands ControlCommands;

enum {
    CONTROL_COMMANDS_MAX = 1024, /* the others stay with the database until there is room */
    CONTROL_AHEAD = 4,           /* of a device's, under way and not written yet */
    CONTROL_UNDER_WAY = 8,       /* of a device's, those that are verified with them */
};

typedef struct ControlCommandsHooks {
    void *owner;
    ControlNow (*now)(void *owner); /* looks at the clocks, each time */
    /* There may be something to claim or to tell, orders were given to the poller, or something is due at
     * another time: to be done in the next turn of the loop, with whatever else comes until then. */
    void (*on_work)(void *owner);
    /* The verdict is known. */
    void (*on_ended)(void *owner, const ControlCommand *command);
} ControlCommandsHooks;

ControlCommands *control_commands_new(CollectPoller *poller, const ControlCommandsHooks *hooks);
/* Nothing goes on any more, and no hook is called: what ends of orders say from now on means nothing. */
void control_commands_close(ControlCommands *commands);
/* After the poller, which tells ends of orders. */
void control_commands_free(ControlCommands *commands);

/* `mode`: setting control.mode as this program has it. The gate knows table setting alone; a file or the
 * environment may say more. */
typedef enum ControlMode {
    CONTROL_NORMAL,
    CONTROL_STOP /* no values */,
    CONTROL_FREEZE /* nothing */
} ControlMode;
void control_commands_set(ControlCommands *commands, int64_t verify_within_us, ControlMode mode);

/* The wall clock was that late once: see control_clock_knew. */
void control_commands_knew(ControlCommands *commands, int64_t wall_us);

/* Whether what was claimed may be written: not without the lock that nobody else has. Where it is lost, what
 * is pending is forgotten (the database has it), and what was claimed and is not written never will be. */
void control_commands_may_write(ControlCommands *commands, bool may_write);

/* Takes a row in. One that is known is left as it is. False: there is no room, ask again later. */
bool control_commands_take(ControlCommands *commands, const ControlDue *due);

void control_commands_advance(ControlCommands *commands);
int64_t control_commands_next_due_us(const ControlCommands *commands); /* of the loop; INT64_MAX: never */

/* ---- claims ---- */

/* Commands that are to be claimed now, which are being claimed from here on: at most `most`. */
size_t control_commands_to_claim(ControlCommands *commands, ControlCommand **ret_all, size_t most);

/* The database's answer. One that is not claimed has ended there, or is pending again, and is forgotten.
 * `batch` names those that were claimed together. */
void control_commands_claimed(ControlCommands *commands, ControlCommand *command, bool is_claimed,
                              uint64_t batch);

/* There was none, and nobody knows whether they are claimed: they are not written. `is_certain`: they are
 * not, and wait on. */
void control_commands_unclaimed(ControlCommands *commands, bool is_certain);

/* What must be on disk before they are written is; `is_kept` false: it could not be put there, and they are
 * not written. */
void control_commands_kept(ControlCommands *commands, uint64_t batch, bool is_kept);

/* ---- ends ---- */

/* Those that have ended and are to be told, the oldest first; they stay so until control_commands_told. */
size_t control_commands_to_tell(const ControlCommands *commands, const ControlCommand **ret_all, size_t most);

/* The first `count` of them have been told, and are forgotten. */
void control_commands_told(ControlCommands *commands, size_t count);

/* ---- points that somebody else writes to ---- */

/* From now on no command of the point begins. False: one is under way. */
bool control_commands_take_point(ControlCommands *commands, int32_t point_id);
void control_commands_give_point(ControlCommands *commands, int32_t point_id);

size_t
control_commands_count(const ControlCommands *commands); /* with those that have ended and are not told */
const ControlCommand *control_commands_find(const ControlCommands *commands, int64_t number);

void control_commands_check(const ControlCommands *commands);

#endif
