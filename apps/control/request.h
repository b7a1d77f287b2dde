/* What a command line asks for: commands, each a request as command_ask takes it (docs/protocol.md). */
#ifndef CONTROL_REQUEST_H
#define CONTROL_REQUEST_H

#include "apps/control/target.h"
#include "config/arguments.h"

#include <jansson.h>

enum { CONTROL_REQUESTS_MAX = 64 };

/* What stands on the command line beside points and values; NULL and 0: nothing. */
typedef struct ControlWish {
    bool releases;
    int64_t priority; /* 0: the usual one */
    int64_t hold_us, expires_us;
    const char *at, *reason, *key;
    bool restore;
} ControlWish;

typedef struct ControlRequest {
    ControlTarget target;
    const char *value_text; /* as it was typed; NULL: a release */
    json_t *json;           /* owned */
    char id[40];            /* of its row, once it was asked for */
} ControlRequest;

/* Makes a request of each POINT VALUE, or DEVICE OBJECT VALUE [OBJECT VALUE]...; without values for a
 * release. BP_INVALID: the words are wrong; else as control_target_find. `ret_requests` has room for
 * CONTROL_REQUESTS_MAX; what is in it is to be given back in any case (control_requests_done). */
BpStatus control_requests_make(SiteDatabase *database, const Cfg *cfg, const ControlWish *wish,
                               const CfgTexts *words, BpArena *arena, ControlRequest *ret_requests,
                               size_t *ret_count, BpError *err) BP_CHECKED;
/* Asks for it: request->id is its row's then. BP_REFUSED: the gate refuses, and has kept no row. */
BpStatus control_request_ask(SiteDatabase *database, ControlRequest *request, BpError *err) BP_CHECKED;

void control_requests_done(ControlRequest *requests, size_t count);

#endif
