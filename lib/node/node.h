/* A tool's place on the building's network: one B/IP node that asks one thing at a time and waits for it. */
#ifndef NODE_NODE_H
#define NODE_NODE_H

#include "bacnet/service/who_is.h"
#include "bacnet/talk/client.h"
#include "config/arguments.h"
#include "io/loop/loop.h"

typedef struct Node Node;

/* The options of every tool that speaks BACnet, for its table: they stand for settings. */
#define NODE_OPTIONS                                                                                         \
    {.name = "address",                                                                                      \
     .value = "IP",                                                                                          \
     .setting = "bacnet.address",                                                                            \
     .meaning = "Our IPv4 address on the building's network. Default: setting bacnet.address."},             \
        {.name = "port",                                                                                     \
         .value = "PORT",                                                                                    \
         .setting = "bacnet.port",                                                                           \
         .meaning = "UDP port of BACnet/IP. Where a program of this machine has it, answers come to "        \
                    "another one. Default: setting bacnet.port."},                                           \
        {.name = "broadcast",                                                                                \
         .value = "IP",                                                                                      \
         .setting = "bacnet.broadcast",                                                                      \
         .meaning = "Where broadcasts go. Default: setting bacnet.broadcast, or the interface's."},          \
        {.name = "bbmd",                                                                                     \
         .value = "ADDRESS",                                                                                 \
         .setting = "bacnet.bbmd",                                                                           \
         .meaning = "A BBMD of another subnet to register with, so that its devices are heard. Default: "    \
                    "setting bacnet.bbmd."},                                                                 \
        {.name = "timeout",                                                                                  \
         .value = "DURATION",                                                                                \
         .setting = "bacnet.timeout",                                                                        \
         .meaning = "How long a device may take to answer. Default: setting bacnet.timeout."},               \
    {                                                                                                        \
        .name = "within", .value = "DURATION", .duration_us = &node_within_us,                               \
        .meaning = "How long all questions together may take: a device may be slow, or answer wrongly "      \
                   "again and again. Default: 5min."                                                         \
    }

/* From node_new on; what is asked later, or is under way then, gets no answer. */
extern int64_t node_within_us;

/* Binds as the settings say; where the port is taken, as by the collector, to another one of the same
 * address, which is told on standard error where it means that less is heard. `cfg` must outlive the node. */
BpStatus node_new(const Cfg *cfg, Node **ret_node, BpError *err) BP_CHECKED;
void node_free(Node *node);

/* Answers with an I-Am are heard however they come; false: only those sent to us alone. */
bool node_hears_broadcasts(const Node *node);

/* Devices that say who they are. `on_i_am` gets each I-Am from within the range, repeats too, and returns
 * false when it has heard enough. */
typedef struct NodeListener {
    BacWhoIs who_is;
    bool (*on_i_am)(void *owner, const BacAddress *from, const BacIAm *i_am);
    /* Sees all that comes in meanwhile but answers to requests. Each of the two may be NULL. */
    void (*on_datagram)(void *owner, const BacDatagram *datagram);
    void *owner;
} NodeListener;

/* Asks for the listener: everyone, or one alone. */
void node_who_is_everyone(Node *node, const NodeListener *listener);
void node_who_is(Node *node, const NodeListener *listener, const BacAddress *target);

/* Hears who answers until `wait_us` is over or the listener has heard enough. */
void node_listen(Node *node, const NodeListener *listener, int64_t wait_us);

/* Sends an unconfirmed request: to one alone, or, `is_broadcast`, to everybody at a broadcast address. */
void node_tell(Node *node, const BacAddress *to, bool is_broadcast, BacUnconfirmedService service,
               BpStr parameters);

/* Sends a whole datagram, as to the BBMD or routers. */
void node_send(Node *node, const BacAddress *to, BpStr datagram);
BacAddress node_broadcast_address(const Node *node);
BacAddress node_address(const Node *node);
BacAddress node_stranger(const Node *node); /* see BipCounts */
Loop *node_loop(const Node *node);

/* Whom to ask at an address; kept with the node. */
BacPeer *node_peer(Node *node, const BacAddress *address, uint16_t max_apdu);

/* How often a request may be sent. */
typedef enum NodeTries { NODE_ONCE, NODE_WITH_RETRIES } NodeTries;

/* Asks and waits. On BP_OK *ret_body holds the ACK's parameters until the next question.
 * BP_REFUSED: *ret_refusal says how; BP_TIMEOUT: no answer, or node_within_us is over; BP_MALFORMED: none
 * that is BACnet; BP_INVALID: more than the peer takes. */
BpStatus node_ask(Node *node, BacPeer *peer, BacConfirmedService service, BpStr parameters, NodeTries tries,
                  BpCursor *ret_body, BacRefusal *ret_refusal, BpError *err) BP_CHECKED;

/* What `peer` answered breaks BACnet's rules, as `err` says: says so, too, and whose answer it is. */
BpStatus node_blame(const BacPeer *peer, BpError *err);

/* Runs the loop for that long. */
void node_wait(Node *node, int64_t wait_us);

#endif
