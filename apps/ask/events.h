/* What a device says of its objects' events, as the tools for alarms ask it and show it. */
#ifndef ASK_EVENTS_H
#define ASK_EVENTS_H

#include "bacnet/service/get_events.h"
#include "bacnet/wire/timestamp.h"
#include "node/node.h"

/* A question, and who gets its answer. */
typedef struct AskEvents {
    Node *node;
    BpArena *arena; /* of the answers */
    /* Each object that is not normal, or not acknowledged; may ask the device too. False: that is enough. */
    bool (*each)(void *owner, BacPeer *peer, const BacEventSummary *summary);
    void *owner;
} AskEvents;

/* Asks a device (GetEventInformation) until it has said all, or `each` has enough. BP_REFUSED: it knows no
 * alarms. */
BpStatus ask_events(const AskEvents *events, BacPeer *peer, BpError *err) BP_CHECKED;

/* Words: by BacTransition; of a table, "?" for what is not in it. */
extern const char *const ask_event_transitions[BAC_TRANSITIONS];
const char *ask_event_word(const BacWords *words, uint32_t number);

/* The transition that led to a state. */
size_t ask_event_transition(uint32_t state);

/* Returns ret_text. */
char *ask_event_time(const BacTimestamp *time, char ret_text[BAC_DATE_TIME_TEXT_MAX]);

#endif
