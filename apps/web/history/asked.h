/* What is asked for of the history, as the address says it: which points, from when until when. */
#ifndef WEB_HISTORY_ASKED_H
#define WEB_HISTORY_ASKED_H

#include "apps/web/call/call.h"
#include "apps/web/history/series.h"

enum { ASKED_POINTS_MAX = 20 };

typedef struct Asked {
    const SeriesPoint *points;
    size_t count;
    int64_t from_us, to_us;
    HistorySource kind;
    bool is_auto; /* the kind is to be chosen */
} Asked;

/* Reads points, from, to and kind. False: something is not as it should be, and was answered. `has_auto`: a
 * kind may be chosen, and is where none is named; else it is raw then. */
bool asked_read(Call *call, bool has_auto, Asked *ret_asked) BP_CHECKED;

/* "{1,2}" of those points among them that are not `is_left_out`; NULL: of all. Lives in the call's arena. */
PgValue asked_numbers(Call *call, const Asked *asked, const bool *is_left_out);
/* "{t,f}": which of the same are states. */
PgValue asked_steps(Call *call, const Asked *asked, const bool *is_left_out);

#endif
