/* Commands as programs ask for them by MQTT: one JSON object, or an array of them. docs/protocol.md
 * ("Commands by MQTT") lists the keys. Nothing is guessed: a key that is not known, a number that is none, or
 * two ways to say the same are refused with what would be right. */
#ifndef COLLECT_CONTROL_ASK_JSON_H
#define COLLECT_CONTROL_ASK_JSON_H

#include "base/arena.h"
#include "base/error.h"

enum { CONTROL_ASKS_MAX = 50, CONTROL_PAYLOAD_MAX = 64 * 1024 };

typedef struct ControlAsk {
    BpStatus status; /* BP_OK, or `wrong` says what is not right about it */
    BpError wrong;
    const char *key;     /* its idempotency_key; NULL: it has none that could be read */
    int32_t point_id;    /* 0: it is named */
    const char *point;   /* its name, or NULL: then it is */
    const char *device;  /* object of device, its instance or name */
    const char *object;  /* "analog-value,3" */
    const char *request; /* JSON for command_ask, but for site and point */
} ControlAsk;

typedef struct ControlAsks {
    ControlAsk items[CONTROL_ASKS_MAX];
    size_t count;
    bool is_list;
} ControlAsks;

/* Texts are in the arena. BP_INVALID: nothing of it could be understood, and nothing is to be asked. */
BpStatus control_asks_read(BpStr payload, const char *site, BpArena *arena, ControlAsks *ret_asks,
                           BpError *err) BP_CHECKED;

#endif
