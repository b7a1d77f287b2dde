/* What a device says about properties: many at a time where it can, one by one where it cannot. */
#ifndef TOOLS_READINGS_H
#define TOOLS_READINGS_H

#include "apps/tools/node.h"

typedef struct ToolsReading {
    BacReference reference;
    BacRefusal refusal; /* kind BAC_NOT_REFUSED where there is a value */
    BpCursor value;     /* its values, one after the other, in the arena */
} ToolsReading;

typedef struct ToolsReadings {
    ToolsReading *items;
    size_t count, capacity;
    BpArena *arena; /* the caller's */
} ToolsReadings;

/* Appends a reading as it is. */
void tools_readings_append(ToolsReadings *readings, const ToolsReading *reading);

/* Reads and appends one reading for each reference, in order. By ReadPropertyMultiple; one by one where that
 * is refused or gets no answer; an array element by element where it does not fit in an answer, put together
 * again. BP_TIMEOUT: no answer; what was read until then has been appended. */
BpStatus tools_readings_read(ToolsReadings *readings, ToolsNode *node, BacPeer *peer,
                             const BacReference *references, size_t count, BpError *err) BP_CHECKED;

/* The same for all properties of an object: as ALL of ReadPropertyMultiple, else those of Property_List, else
 * the usual ones that it has. BP_REFUSED: it has no such object. */
BpStatus tools_readings_read_all(ToolsReadings *readings, ToolsNode *node, BacPeer *peer, BacObjectId object,
                                 BpError *err) BP_CHECKED;

/* The reading of the whole property, if it has a value; else NULL. */
const ToolsReading *tools_readings_find(const ToolsReadings *readings, BacObjectId object, uint32_t property);

/* Its first value, if that is a primitive one. */
bool tools_reading_first(const ToolsReading *reading, BacValue *ret_value);

#endif
