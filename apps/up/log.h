/* What parts say: each line, with time and level, in log/NAME.log, which has a largest size (log.size). It
 * comes through a pipe, which nobody else has, so that all that a part said is known once it has ended.
 * Should `up` be killed, what its parts say at their end is lost with it. */
#ifndef UP_LOG_H
#define UP_LOG_H

#include "base/error.h"

typedef struct Up Up;
typedef struct UpLog UpLog;

/* The log of that name, opened at its first use; until up_log_close_all. A program is about to be started,
 * and last words are its own from now on. */
BpStatus up_log_open(Up *up, const char *name, UpLog **ret_log, BpError *err) BP_CHECKED;
int up_log_output(const UpLog *log); /* a descriptor for the program's output */

/* What says best why the program ended: its last complaint, with the advice below it, or else its last line.
 */
const char *up_log_last_words(UpLog *log);

/* From now on its notices and warnings, without time and level, are said on the screen as well: of a program
 * that runs once, where nobody looks into its log. */
void up_log_repeat(UpLog *log);

void up_log_close_all(Up *up); /* when all parts have ended */

#endif
