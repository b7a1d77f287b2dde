/* Finding the device that a command line means. */
#ifndef NODE_DEVICE_H
#define NODE_DEVICE_H

#include "node/node.h"

/* For --help. */
#define NODE_DEVICE_HELP                                                                                     \
    "DEVICE is an instance, looked for by Who-Is (1001), or an address: 10.1.2.9, 10.1.2.9:47809, and\n"     \
    "10.1.2.1/2001:0a for MAC 0a on network 2001 behind the router 10.1.2.1.\n"

/* Whom `text` means. BP_TIMEOUT: nobody has the instance; BP_CONFLICT: several have, and the sentence says
 * where; BP_INVALID: neither an instance nor an address. */
BpStatus node_device_find(Node *node, const Cfg *cfg, const char *text, BacPeer **ret_peer,
                          BpError *err) BP_CHECKED;

/* The instance of its device object: by the wildcard instance (clause 15.5.2), or by Who-Is. BP_TIMEOUT: it
 * does not say. */
BpStatus node_device_instance(Node *node, const Cfg *cfg, BacPeer *peer, BpArena *arena,
                              uint32_t *ret_instance, BpError *err) BP_CHECKED;

/* How far the device's clock, whatever its time zone, is ahead of UTC as this machine has it. BP_REFUSED: it
 * has no clock, or one that was never set. */
BpStatus node_device_clock(Node *node, const Cfg *cfg, BacPeer *peer, BpArena *arena, int64_t *ret_offset_us,
                           BpError *err) BP_CHECKED;

#endif
