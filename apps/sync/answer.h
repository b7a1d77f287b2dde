/* What central answers to a call: how far it has the journal by then, how far what it asks for goes, and
 * whether it wants to wait. */
#ifndef SYNC_ANSWER_H
#define SYNC_ANSWER_H

#include "base/error.h"
#include "base/str.h"

typedef struct Answer {
    int64_t received, down, wait_s;
    BpStr why; /* may be empty; borrowed */
} Answer;

/* "received_seq down_seq wait_s why", as sync_append.sql asks for it. */
BpStatus answer_read(BpStr text, Answer *ret_answer, BpError *err) BP_CHECKED;

/* Against what was sent: the call's last entry, and the last of all calls. Answers come in the order of
 * calls, and so central has at least the one; more than the other somebody else has sent. BP_CONFLICT
 * otherwise. */
BpStatus answer_check(const Answer *answer, int64_t last_of_call, int64_t last_sent, BpError *err) BP_CHECKED;

#endif
