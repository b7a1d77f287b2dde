/* A command under way. Of this folder: what each step changes is carry.c's and commands.c's; others read. */
#ifndef COLLECT_CONTROL_COMMAND_H
#define COLLECT_CONTROL_COMMAND_H

#include "apps/collect/control/judge.h"
#include "apps/collect/control/look.h"

enum {
    CONTROL_ID_MAX = 37,   /* a UUID as text, with its zero */
    CONTROL_NAME_MAX = 64, /* a name of a source or somebody, or units, cut */
    CONTROL_TEXT_MAX = 320,
    CONTROL_STATES_MAX = 512, /* octets of names of states; those beyond are told by their numbers */
};

/* A row of commands_due, whose texts are borrowed. Instants are the wall clock's. */
typedef struct ControlDue {
    BpStr id;
    int64_t number; /* in the order of these a device gets its commands */
    int32_t device_id, point_id;
    BacObjectId object;
    uint32_t property;
    BpStr name, units;   /* what the database has for the object's name; the units' symbol */
    BpStr states;        /* names of its states, a line each; empty: it has none */
    bool is_commandable; /* the database thinks that it has a priority array */
    bool is_release;
    bool has_value; /* of a release: `value` was there before us, and is to be written back */
    double value;
    int priority;
    int64_t expires_us, execute_us; /* 0: no such time */
    int64_t release_after_us;       /* 0: none */
    bool is_executing;              /* begun by a run that has ended: it may have been written */
    BpStr source, created_by;
} ControlDue;

typedef enum ControlStep {
    CONTROL_WAITS,    /* pending: for its turn, its device, or the clock */
    CONTROL_LOOKS,    /* pending: who answers, and what is there? */
    CONTROL_IS_READY, /* pending: to be claimed */
    CONTROL_CLAIMS,   /* the database is asked */
    CONTROL_CLAIMED,  /* executing: to be kept on disk */
    CONTROL_IS_KEPT,  /* its turn to be written comes */
    CONTROL_WRITES,   /* given to the poller, or sent */
    CONTROL_VERIFIES,
    CONTROL_HAS_ENDED, /* to be told */
} ControlStep;

typedef struct ControlCommand {
    struct ControlLine *line; /* of its device; NULL once it has ended */
    struct ControlCommand *next_in_line, *next_in_bucket, *next_ended;
    struct ControlCommands *of;

    char id[CONTROL_ID_MAX];
    int64_t number;
    int32_t device_id, point_id;
    BacObjectId object;
    uint32_t property;
    char name[CONTROL_OBJECT_NAME_MAX], units[CONTROL_NAME_MAX];
    char states[CONTROL_STATES_MAX];
    bool is_commandable, is_release, has_value;
    double value;
    int priority;
    int64_t expires_us, execute_us, release_after_us;
    bool was_executing;
    char source[CONTROL_NAME_MAX], created_by[CONTROL_NAME_MAX];

    ControlStep step;
    int64_t seen_us, dies_us; /* CLOCK_BOOTTIME: taken in, and its life is over */
    int64_t again_us;         /* of the loop: when something that could not be done is tried again; 0: now */
    ControlLook look;
    bool has_probed;    /* a device that was taken for silent has been asked whether it still is */
    ControlSeen before; /* the write */
    int64_t looked_us;  /* CLOCK_BOOTTIME, when that was asked for */
    ControlWish wish;
    int64_t asked_us;   /* CLOCK_BOOTTIME, when the claim was */
    uint64_t batch;     /* of claims */
    int64_t written_us; /* of the loop, when it was given to the poller */
    ControlAnswer answer;
    BacRefusal refusal;
    bool is_late;        /* its datagram was not made: its time had passed */
    int64_t answered_us; /* of the loop: the write was, or nobody will; it is verified since then */
    ControlSeen shown;   /* by the last look that saw something */
    bool has_shown;

    bool is_expired; /* it ended without having begun: its life was over */
    ControlVerdict verdict;
    char text[CONTROL_TEXT_MAX]; /* what became of it, as a sentence */
} ControlCommand;

/* Whether the device may have been written to. */
static inline bool control_command_may_be_written(const ControlCommand *command)
{
    return command->was_executing ||
           (command->step >= CONTROL_WRITES && command->verdict != CONTROL_NOT_SENT);
}

#endif
