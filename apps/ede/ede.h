/* Engineering Data Exchange (BIG-EU, layout 2.3): devices and objects in a CSV file, and the texts of their
 * states in a second one. Octets to records and back; no files, no database. */
#ifndef EDE_EDE_H
#define EDE_EDE_H

#include "apps/ede/csv.h"
#include "bacnet/wire/object.h"
#include "say/problem.h"

typedef enum EdeColumn { /* in the order of the layout, for files without titles */
                         EDE_KEYNAME,
                         EDE_DEVICE,
                         EDE_NAME,
                         EDE_TYPE,
                         EDE_INSTANCE,
                         EDE_DESCRIPTION,
                         EDE_DEFAULT,
                         EDE_MIN,
                         EDE_MAX,
                         EDE_SETTABLE,
                         EDE_COV,
                         EDE_HIGH_LIMIT,
                         EDE_LOW_LIMIT,
                         EDE_STATES,
                         EDE_UNITS,
                         EDE_ADDRESS,
                         EDE_NOTIFICATION_CLASS,
                         EDE_COLUMNS,
} EdeColumn;

typedef enum EdeAnswer { EDE_EMPTY, EDE_NO, EDE_YES } EdeAnswer;

/* A row. What its cells leave empty is empty text, NAN, EDE_NOTHING or EDE_EMPTY. Default value,
 * limits and notification class are looked at and not kept: nothing of ours has a place for them. Keynames
 * may be there twice, as they are where files of several devices were put together: nothing is found by them.
 */
#define EDE_NOTHING UINT32_MAX
typedef struct EdeObject {
    size_t line;
    BpStr keyname, name, description, address; /* address: vendor-specific-address */
    uint32_t device;                           /* instance of its device object */
    BpStr twin;         /* see apps/ede/twins.h; empty: no other one has that instance */
    BacObjectId object; /* BAC_DEVICE: the row is the device's own */
    double min, max;
    EdeAnswer settable, cov;
    uint32_t states; /* number of a list of texts */
    uint32_t units;  /* BacUnits, or a vendor's */
} EdeObject;

typedef struct Ede {
    BpStr project, version, timestamp, author;
    EdeObject *objects; /* in the order of the file */
    size_t count;
    BpStr titles[EDE_COLUMNS]; /* as the file has them, for messages; the layout's where it has none */
    bool was_windows_1252;
} Ede;

typedef struct EdeStates {
    size_t line;
    uint32_t number;
    BpStr *texts; /* of states from 1 on; of a binary: inactive, active */
    size_t count;
} EdeStates;

typedef struct EdeStatesFile {
    EdeStates *lists; /* ascending by number */
    size_t count;
    bool was_windows_1252;
} EdeStatesFile;

/* Reads a file's octets. What is wrong is added to `problems`, under the name `file`; false: something was.
 * Texts are in the arena or borrowed from `octets`. */
bool ede_read(BpStr octets, const char *file, BpArena *arena, SayProblems *problems, Ede *ret_ede);
bool ede_read_states(BpStr octets, const char *file, BpArena *arena, SayProblems *problems,
                     EdeStatesFile *ret_states);

/* The list of a number, or NULL. */
const EdeStates *ede_find_states(const EdeStatesFile *states, uint32_t number);

/* Writes them with ';', CRLF and in UTF-8 with the mark without which Excel takes it for something else, in
 * the order given. */
void ede_write(BpBuf *out, const Ede *ede);
void ede_write_states(BpBuf *out, const EdeStates *lists, size_t count);

/* Device, then twin, type, instance; the device's own row first. For qsort. */
int ede_compare(const void *a, const void *b);

#endif
