/* A place in a sorted list of points: of a point, or where a page ended (a cursor). It names no point but
 * what the order goes by, so that it stays where it was when its point is gone. Of this folder. */
#ifndef WEB_POINTS_MARK_H
#define WEB_POINTS_MARK_H

#include "apps/web/points/search.h"
#include "apps/web/points/site.h"

typedef struct Mark {
    double number;         /* of sorts by a number, ascending in any case; infinite for those without */
    BpStr key, device_key; /* as far as the order needs them; borrowed */
    int32_t id, device;
} Mark;

/* `number` is 0 where the order is by none. */
Mark mark_of(const Slot *slot, SearchSort sort, double number);

bool mark_has_number(SearchSort sort);

/* Before, at or behind: less than, equal to or greater than 0. */
int mark_compare(SearchSort sort, bool is_descending, const Mark *a, const Mark *b);

/* A cursor as text. */
void mark_write(SearchSort sort, bool is_descending, const Mark *mark, char ret_text[SEARCH_CURSOR_MAX]);

/* Reads what mark_write wrote, whoever sent it: BP_INVALID for all else, and for one of another sort. The
 * keys are in `ret_memory`. */
BpStatus mark_read(BpStr text, SearchSort sort, bool is_descending, uint8_t ret_memory[SEARCH_CURSOR_MAX / 2],
                   Mark *ret_mark, BpError *err) BP_CHECKED;

#endif
