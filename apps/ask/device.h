/* What a command line asks for: a device and objects of it, by number or by name. */
#ifndef ASK_DEVICE_H
#define ASK_DEVICE_H

#include "node/device.h"

/* For --help. */
#define ASK_DEVICE_HELP                                                                                      \
    NODE_DEVICE_HELP                                                                                         \
    "POINT is the name that the site's database has for a point: AHU-1/SAT.\n"

/* The first word: a device, or a point with its device. */
typedef struct AskDevice {
    const char *word;
    bool is_named;
    NodeNamed named; /* where it is; named.is_point: the word is an object, too */
} AskDevice;

/* Errors as of node_device_find and node_name_find; nothing is asked but the database. */
BpStatus ask_device_parse(const char *word, const Cfg *cfg, BpArena *arena, AskDevice *ret_device,
                          BpError *err) BP_CHECKED;

/* Whom to ask. */
BpStatus ask_device_find(const AskDevice *device, Node *node, const Cfg *cfg, BacPeer **ret_peer,
                         BpError *err) BP_CHECKED;

/* An object of it: analog-input,3 or ai,3, or the name of a point of that device, whose property is then in
 * ret_reference, too; with an object it is present-value. */
BpStatus ask_device_object(const AskDevice *device, const char *word, const Cfg *cfg, BpArena *arena,
                           BacReference *ret_reference, BpError *err) BP_CHECKED;

#endif
