/* How often points are polled, as people say it and as they read it. */
#ifndef QUERY_INTERVAL_H
#define QUERY_INTERVAL_H

#include "base/error.h"

#include <stdint.h>

/* For --help. */
#define QUERY_INTERVAL_HELP "DURATION is 1s to 1d, as 15s, 5min or 1h"

/* In milliseconds. BP_INVALID: it is none, or shorter than a second, or longer than a day. */
BpStatus query_interval_parse(const char *text, int64_t *ret_ms, BpError *err) BP_CHECKED;

/* "no", "yes" where there is no interval (0), or "every 5 min". Returns ret_text. */
enum { QUERY_INTERVAL_TEXT_MAX = 40 };
const char *query_interval_format(bool is_polled, int64_t interval_ms,
                                  char ret_text[QUERY_INTERVAL_TEXT_MAX]);

#endif
