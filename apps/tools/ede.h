/* Engineering Data Exchange (BIG-EU, layout 2.3): devices and objects in a CSV file, and the texts of their
 * states in a second one. Octets to records and back; no files, no database. */
#ifndef TOOLS_EDE_H
#define TOOLS_EDE_H

#include "apps/tools/csv.h"
#include "apps/tools/problems.h"
#include "bacnet/wire/object.h"

typedef enum ToolsEdeColumn { /* in the order of the layout, for files without titles */
                              TOOLS_EDE_KEYNAME,
                              TOOLS_EDE_DEVICE,
                              TOOLS_EDE_NAME,
                              TOOLS_EDE_TYPE,
                              TOOLS_EDE_INSTANCE,
                              TOOLS_EDE_DESCRIPTION,
                              TOOLS_EDE_DEFAULT,
                              TOOLS_EDE_MIN,
                              TOOLS_EDE_MAX,
                              TOOLS_EDE_SETTABLE,
                              TOOLS_EDE_COV,
                              TOOLS_EDE_HIGH_LIMIT,
                              TOOLS_EDE_LOW_LIMIT,
                              TOOLS_EDE_STATES,
                              TOOLS_EDE_UNITS,
                              TOOLS_EDE_ADDRESS,
                              TOOLS_EDE_NOTIFICATION_CLASS,
                              TOOLS_EDE_COLUMNS,
} ToolsEdeColumn;

typedef enum ToolsEdeAnswer { TOOLS_EDE_EMPTY, TOOLS_EDE_NO, TOOLS_EDE_YES } ToolsEdeAnswer;

/* A row. What its cells leave empty is empty text, NAN, TOOLS_EDE_NOTHING or TOOLS_EDE_EMPTY. Default value,
 * limits and notification class are looked at and not kept: nothing of ours has a place for them. Keynames
 * may be there twice, as they are where files of several devices were put together: nothing is found by them.
 */
#define TOOLS_EDE_NOTHING UINT32_MAX
typedef struct ToolsEdeObject {
    size_t line;
    BpStr keyname, name, description, address; /* address: vendor-specific-address */
    uint32_t device;                           /* instance of its device object */
    BacObjectId object;                        /* BAC_DEVICE: the row is the device's own */
    double min, max;
    ToolsEdeAnswer settable, cov;
    uint32_t states; /* number of a list of texts */
    uint32_t units;  /* BacUnits, or a vendor's */
} ToolsEdeObject;

typedef struct ToolsEde {
    BpStr project, version, timestamp, author;
    ToolsEdeObject *objects; /* in the order of the file */
    size_t count;
    BpStr titles[TOOLS_EDE_COLUMNS]; /* as the file has them, for messages; the layout's where it has none */
    bool was_windows_1252;
} ToolsEde;

typedef struct ToolsEdeStates {
    size_t line;
    uint32_t number;
    BpStr *texts; /* of states from 1 on; of a binary: inactive, active */
    size_t count;
} ToolsEdeStates;

typedef struct ToolsEdeStatesFile {
    ToolsEdeStates *lists; /* ascending by number */
    size_t count;
    bool was_windows_1252;
} ToolsEdeStatesFile;

/* Reads a file's octets. What is wrong is added to `problems`, under the name `file`; false: something was.
 * Texts are in the arena or borrowed from `octets`. */
bool tools_ede_read(BpStr octets, const char *file, BpArena *arena, ToolsProblems *problems,
                    ToolsEde *ret_ede);
bool tools_ede_read_states(BpStr octets, const char *file, BpArena *arena, ToolsProblems *problems,
                           ToolsEdeStatesFile *ret_states);

/* The list of a number, or NULL. */
const ToolsEdeStates *tools_ede_find_states(const ToolsEdeStatesFile *states, uint32_t number);

/* Writes them with ';', CRLF and in UTF-8, in the order given. */
void tools_ede_write(BpBuf *out, const ToolsEde *ede);
void tools_ede_write_states(BpBuf *out, const ToolsEdeStates *lists, size_t count);

/* Device, then type, then instance; the device's own row first. For qsort. */
int tools_ede_compare(const void *a, const void *b);

#endif
