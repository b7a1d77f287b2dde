/* What becomes of commands that were asked for: waiting for their ends, and telling them. */
#ifndef CONTROL_OUTCOME_H
#define CONTROL_OUTCOME_H

#include "apps/control/request.h"

/* What is told of a command, as the database last had it. Texts are in the arena. */
typedef struct ControlOutcome {
    const ControlRequest *request;
    const char *id;
    const char *status, *verdict, *rule, *text; /* verdict and rule: empty where there is none */
    const char *step, *site; /* step: how far it is on its way to a site elsewhere; empty: the site is here */
    bool is_release, has_release_at, is_handed_over;
    bool was_waited_for;
    int64_t release_at_us, execute_at_us, expires_us; /* execute_at_us: 0 for at once */
    json_t *json;                                     /* all of it; owned */
} ControlOutcome;

/* Waits until all have ended, or for as long as they may still begin and end. Progress is told on a terminal.
 * Where a signal ends the waiting, or nobody takes the commands up, `ret_outcomes` has how they stand.
 * `ret_outcomes`: one for each request, to be given back in any case. */
BpStatus control_outcomes_wait(SiteDatabase *database, const ControlRequest *requests, size_t count,
                               BpArena *arena, ControlOutcome *ret_outcomes, BpError *err) BP_CHECKED;
/* The same without waiting. */
BpStatus control_outcomes_look(SiteDatabase *database, const ControlRequest *requests, size_t count,
                               BpArena *arena, ControlOutcome *ret_outcomes, BpError *err) BP_CHECKED;
void control_outcomes_done(ControlOutcome *outcomes, size_t count);

/* As sentences, or as JSON: one as an object, several as an array. */
void control_outcomes_tell(const ControlOutcome *outcomes, size_t count, bool as_json);

/* The exit code: 0 all hold what was asked, or wait where nobody waited for that; 77 one was refused by the
 * gate; 69 one is not taken up; 75 one was not sent; 1 one was sent, and is not as asked. The first of these
 * that is true. */
int control_outcomes_code(const ControlOutcome *outcomes, size_t count);

#endif
