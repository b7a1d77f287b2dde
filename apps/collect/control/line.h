/* Commands of a device, in order, and the list of all. Of this folder: commands.c and carry.c. */
#ifndef COLLECT_CONTROL_LINE_H
#define COLLECT_CONTROL_LINE_H

#include "apps/collect/control/commands.h"

typedef struct ControlLine {
    struct ControlLine *next;
    int32_t device_id;
    ControlCommand *first; /* by number */
} ControlLine;

enum { CONTROL_BUCKETS = 256 };

struct ControlCommands {
    CollectPoller *poller;
    ControlCommandsHooks hooks;
    ControlClock clock;
    int64_t verify_within_us;
    bool may_write;
    ControlMode mode;
    ControlLine *lines;                       /* none is empty */
    ControlCommand *buckets[CONTROL_BUCKETS]; /* by number */
    ControlCommand *ended, **ended_end;
    size_t count;
    bool is_closing; /* ends of orders mean nothing any more */
    int32_t *taken;  /* points */
    size_t taken_count, taken_capacity;
};

/* ---- commands.c ---- */

/* Its end: it leaves its line, and is to be told. */
void control_end(ControlCommand *command, ControlVerdict verdict);

/* Setting control.mode, as this program has it, lets it be written. */
bool control_mode_allows(const ControlCommand *command);

bool control_is_taken(const ControlCommands *commands, int32_t point_id);

ControlNow control_now(const ControlCommands *commands);
void control_work(const ControlCommands *commands);
CollectDevice *control_device(const ControlCommand *command); /* NULL: the poller has none of that number */

/* ---- carry.c ---- */

void control_line_advance(ControlLine *line, const ControlNow *now);
int64_t control_line_due_us(const ControlLine *line, const ControlNow *now);
size_t control_line_to_claim(ControlLine *line, const ControlNow *now, ControlCommand **ret_all, size_t most);
bool control_has_expired(const ControlCommand *command, const ControlNow *now); /* by either clock */

/* ---- before.c ---- */

void control_look_before(ControlCommand *command, const ControlNow *now);

/* What is to come of it, now that the point has been seen. */
void control_set_wish(ControlCommand *command, const ControlSeen *seen);

/* ---- write.c ---- */

void control_write(ControlCommand *command, const ControlNow *now);
void control_verify(ControlCommand *command, const ControlNow *now);

#endif
