/* What the files of this folder share: libuv's loop, and memory. Not for others. */
#ifndef IO_LOOP_HANDLE_H
#define IO_LOOP_HANDLE_H

#include "io/loop/loop.h"

#include <uv.h>

/* Zeroed; running out is fatal. */
void *loop_allocate(size_t size);

/* Closes the handle and frees the memory that its `data` points to once libuv has let go of it. */
void loop_close_and_free(uv_handle_t *handle);

/* Work beside the loop (work.c). Left, it tells nobody any more what has become of it; threads that still
 * hang in something keep what they need. */
typedef struct Workshop Workshop;
Workshop *workshop_new(Loop *loop);
bool workshop_is_busy(const Workshop *shop);
void workshop_leave(Workshop *shop);
Workshop *loop_workshop(Loop *loop);

#endif
