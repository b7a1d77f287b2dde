/* What the files of this folder share. */
#ifndef WEB_CONTROL_PARTS_H
#define WEB_CONTROL_PARTS_H

#include "apps/web/control/ask_json.h"
#include "apps/web/control/control.h"

typedef struct Proof Proof; /* proof.c */

struct Control {
    Web *web;
    BpArena arena;
    Cfg defaults; /* every setting as it is where nobody says anything */
    Proof *proofs;
};

/* The body is not as it should be: 400, with what would be right. */
void control_tell_problem(Call *call, const AskProblem *problem);

/* A JSON text in the call's arena, for a parameter. */
PgValue control_json_value(Call *call, json_t *json);

/* {name} of the path, where it is a UUID; else it has been answered that there is none (404). */
bool control_id(Call *call, const char *name, PgValue *ret_id) BP_CHECKED;

/* The Idempotency-Key; size 0: none came. False: it is no key, and that has been answered (400). */
bool control_key(Call *call, BpStr *ret_key) BP_CHECKED;

/* How web_command_ask, or the dry run, answered, where it was not asked: columns outcome, rule, text from
 * `first` on. False: it was asked. */
bool control_tell_outcome(Call *call, const PgRows *rows, size_t row, int first);

#endif
