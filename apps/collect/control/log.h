/* The control file while it is written: what is put in one turn of the loop is on disk together, beside the
 * loop, and whoever waits for that is told. After a failure, and when it has grown, the file is written anew
 * with all there is. */
#ifndef COLLECT_CONTROL_LOG_H
#define COLLECT_CONTROL_LOG_H

#include "apps/collect/control/file.h"
#include "io/loop/loop.h"

typedef struct ControlLog ControlLog;

typedef struct ControlLogOptions {
    Loop *loop;
    ControlFile file; /* must live on */
    void *owner;
    void (*write_all)(void *owner, BpBuf *out); /* lines of all that is to be kept, as it is now */
} ControlLogOptions;

/* The first thing that it does is to write the file anew. */
ControlLog *control_log_new(const ControlLogOptions *options);

/* Waits for what is under way, and writes what is left. Whoever waits for that is told that it is not kept.
 */
void control_log_free(ControlLog *log);

/* The record's contents are in what write_all writes from now on. `on_kept` (or NULL) is called from the
 * loop: NULL: it is on disk; else why not, and it is the caller's to take it out of what is kept. */
typedef void (*ControlOnKept)(void *context, const BpError *err);
void control_log_put(ControlLog *log, const ControlRecord *record, ControlOnKept on_kept, void *context);

/* Why nothing can be written just now; NULL: it can, as far as is known. */
const char *control_log_trouble(const ControlLog *log);

#endif
