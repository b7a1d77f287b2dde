/* What a device says about properties: many at a time where it can, one by one where it cannot. */
#ifndef NODE_READINGS_H
#define NODE_READINGS_H

#include "node/node.h"

typedef struct NodeReading {
    BacReference reference;
    BacRefusal refusal; /* kind BAC_NOT_REFUSED where there is a value */
    BpCursor value;     /* its values, one after the other, in the arena */
} NodeReading;

typedef struct NodeReadings {
    NodeReading *items;
    size_t count, capacity;
    BpArena *arena; /* the caller's */
} NodeReadings;

/* Appends a reading as it is. */
void node_readings_append(NodeReadings *readings, const NodeReading *reading);

/* Reads and appends one reading for each reference, in order. By ReadPropertyMultiple; one by one where that
 * is refused or gets no answer; an array element by element where it does not fit in an answer, put together
 * again. BP_TIMEOUT: no answer; what was read until then has been appended. */
BpStatus node_readings_read(NodeReadings *readings, Node *node, BacPeer *peer, const BacReference *references,
                            size_t count, BpError *err) BP_CHECKED;

/* The same for all properties of an object: as ALL of ReadPropertyMultiple, else those of Property_List, else
 * the usual ones that it has. BP_REFUSED: it has no such object. */
BpStatus node_readings_read_all(NodeReadings *readings, Node *node, BacPeer *peer, BacObjectId object,
                                BpError *err) BP_CHECKED;

/* The reading of the whole property, if it has a value; else NULL. */
const NodeReading *node_readings_find(const NodeReadings *readings, BacObjectId object, uint32_t property);

/* Its first value, if that is a primitive one. */
bool node_reading_first(const NodeReading *reading, BacValue *ret_value);

#endif
