/* What a client says on /live, one JSON object a text (LiveAsk of openapi.yaml). */
#ifndef WEB_LIVE_ASK_H
#define WEB_LIVE_ASK_H

#include "apps/web/live/live.h"

typedef struct LiveAsk {
    int64_t watch;   /* the client's own number; 0: it is no watch */
    int64_t unwatch; /* 0: nor that */
    char site[64];
    int64_t points[LIVE_POINTS_MAX]; /* in ascending order, each once */
    size_t point_count;
    char since[64]; /* "": from now on */
} LiveAsk;

/* BP_INVALID, with what would be right. */
BpStatus live_ask_read(BpStr text, LiveAsk *ret_ask, BpError *err) BP_CHECKED;

/* In ascending order, each once. */
void live_sort_points(int64_t *points, size_t *count);

#endif
