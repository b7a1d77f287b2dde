/* Finding the device that a command line means. */
#ifndef NODE_DEVICE_H
#define NODE_DEVICE_H

#include "node/names.h"
#include "node/node.h"

/* For --help. */
#define NODE_DEVICE_HELP                                                                                     \
    "DEVICE is an instance, looked for by Who-Is (1001), an address: 10.1.2.9, 10.1.2.9:47809, and\n"        \
    "10.1.2.1/2001:0a for MAC 0a on network 2001 behind the router 10.1.2.1, or the name that the site's\n"  \
    "database has for it: AHU-1.\n"

/* Whether it is meant as a name: it is no address, and has more than digits and what stands between them
 * there. */
bool node_device_is_name(const char *text);

/* Whom `text` means. BP_TIMEOUT: nobody has the instance; BP_CONFLICT: several have it or the name, and the
 * sentence says where; else as node_name_find. */
BpStatus node_device_find(Node *node, const Cfg *cfg, const char *text, BacPeer **ret_peer,
                          BpError *err) BP_CHECKED;

/* The same for one that may have been told to answer nothing: a name is where the database has it, and the
 * device is not asked who it is. */
BpStatus node_device_find_quiet(Node *node, const Cfg *cfg, const char *text, BacPeer **ret_peer,
                                BpError *err) BP_CHECKED;

/* The device of what was found by its name: at the address that the database has, if it says there that it is
 * the one; else whoever says so to a Who-Is. */
BpStatus node_device_named(Node *node, const Cfg *cfg, const NodeNamed *named, BacPeer **ret_peer,
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
