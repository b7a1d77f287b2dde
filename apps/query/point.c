#include "apps/query/point.h"

#include "tool/rows.h"

#include <inttypes.h>
#include <stdio.h>

enum { CANDIDATES_MAX = 10 };

typedef struct Candidates {
    BpArena *arena;
    QueryPoint points[CANDIDATES_MAX + 1];
    size_t count;
} Candidates;

static void add_candidate(void *context, const PgRows *rows, size_t row)
{
    Candidates *candidates = context;
    BpArena *arena = candidates->arena;
    if (candidates->count > CANDIDATES_MAX)
        return;
    candidates->points[candidates->count++] = (QueryPoint){.site_id = tool_text_kept(arena, rows, row, 0),
                                                           .point_id = pg_get_integer(rows, row, 1),
                                                           .name = tool_text_kept(arena, rows, row, 2),
                                                           .device = tool_text_kept(arena, rows, row, 3),
                                                           .object = tool_text_kept(arena, rows, row, 4),
                                                           .units = tool_text_kept(arena, rows, row, 5),
                                                           .is_simulated = pg_get_bool(rows, row, 6),
                                                           .past_share = pg_get_double(rows, row, 7)};
}

static BpStatus tell_candidates(const Candidates *candidates, const char *wanted, BpError *err)
{
    fprintf(stderr, "\"%s\" may be any of these:\n", wanted);
    for (size_t i = 0; i < candidates->count && i < CANDIDATES_MAX; i++) {
        const QueryPoint *point = &candidates->points[i];
        fprintf(stderr, "  %6" PRId64 "  %.*s  (%.*s, %.*s, site %.*s)\n", point->point_id,
                BP_STR_ARGS(point->name), BP_STR_ARGS(point->device), BP_STR_ARGS(point->object),
                BP_STR_ARGS(point->site_id));
    }
    if (candidates->count > CANDIDATES_MAX)
        fprintf(stderr, "  ...\n");
    return bp_fail(err, BP_NOT_FOUND, "which one? Its number says it, with --site where there are several");
}

BpStatus query_point_find(SiteDatabase *database, const char *wanted, const char *site, BpArena *arena,
                          QueryPoint *ret_point, BpError *err)
{
    Candidates candidates = {.arena = arena};
    const PgValue values[] = {pg_text(bp_str(wanted)), tool_text_or_any(site)};
    BP_TRY(site_database_check_site(database, site, err));
    BP_TRY(site_database_ask(database, SQL_FIND_POINT, values, 2, add_candidate, &candidates, err));
    if (candidates.count == 0)
        return bp_fail(err, BP_NOT_FOUND, "there is no point \"%s\": `bacpipes points` lists them", wanted);
    if (candidates.count > 1)
        return tell_candidates(&candidates, wanted, err);
    *ret_point = candidates.points[0];
    return BP_OK;
}
