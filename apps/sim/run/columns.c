#include "apps/sim/run/columns.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>

static bool is_named(const SimObject *object, const char *pattern)
{
    char own[SIM_NAME_MAX];
    snprintf(own, sizeof own, "%s/%s", object->equipment->name, object->spec->name);
    return fnmatch(pattern, object->name, 0) == 0 ||
           fnmatch(pattern, strchr(pattern, '/') ? own : object->spec->name, 0) == 0;
}

/* Marks of each pattern whether it has named any. */
static bool is_wanted(const SimObject *object, const char *const *patterns, size_t count, bool *has_named)
{
    bool is_wanted = count == 0;
    for (size_t i = 0; i < count; i++)
        if (is_named(object, patterns[i]))
            is_wanted = has_named[i] = true;
    return is_wanted;
}

static BpStatus tell_unnamed(const SimSite *site, const char *pattern, BpError *err)
{
    const bool is_whole = strchr(pattern, '/') != NULL;
    BpNearest nearest = bp_nearest(bp_str(pattern));
    for (size_t i = 0; i < site->device_count; i++)
        for (size_t j = 0; j < site->devices[i].count; j++) {
            const SimObject *object = &site->devices[i].objects[j];
            bp_nearest_look(&nearest, is_whole ? object->name : object->spec->name);
        }
    return bp_fail(err, BP_NOT_FOUND, "--only %s names no point%s%s; `bacpipes sim --list` shows them",
                   pattern, nearest.name ? ": is it " : "", nearest.name ? nearest.name : "");
}

BpStatus sim_columns_init(SimColumns *columns, const SimSite *site, const char *const *patterns,
                          size_t pattern_count, BpError *err)
{
    BpStatus status = BP_OK;
    bool *has_named = calloc(pattern_count + 1, sizeof *has_named);
    *columns = (SimColumns){.objects = calloc(site->point_count + 1, sizeof(SimObject *))};
    if (!columns->objects || !has_named)
        abort();
    for (size_t i = 0; i < site->device_count; i++)
        for (size_t j = 0; j < site->devices[i].count; j++)
            if (is_wanted(&site->devices[i].objects[j], patterns, pattern_count, has_named))
                columns->objects[columns->count++] = &site->devices[i].objects[j];
    for (size_t i = 0; i < pattern_count && status == BP_OK; i++)
        if (!has_named[i])
            status = tell_unnamed(site, patterns[i], err);
    free(has_named);
    if (status != BP_OK)
        sim_columns_done(columns);
    return status;
}

void sim_columns_done(SimColumns *columns)
{
    free(columns->objects);
    *columns = (SimColumns){0};
}
