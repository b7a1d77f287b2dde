#include "apps/sim/defect/defect.h"

bool defect_overlaps(const Defect *a, const Defect *b)
{
    return a->kind == b->kind && a->subject == b->subject && a->from_us < b->until_us &&
           b->from_us < a->until_us;
}

static bool is_due(const Defect *defect, int64_t at_us)
{
    return defect->from_us <= at_us && at_us < defect->until_us;
}

static void begin(Defects *defects, Defect *defect, int64_t at_us)
{
    defect->is_on = true;
    defect->began_us = at_us;
    if (defect->kind->begin)
        defect->kind->begin(defect);
    if (defects->tell)
        defects->tell(defects->owner, defect, at_us);
}

static void end(Defects *defects, Defect *defect, int64_t at_us)
{
    defect->is_on = false;
    if (defect->kind->end)
        defect->kind->end(defect);
    if (defects->tell)
        defects->tell(defects->owner, defect, at_us);
}

/* Ends and begins what is to, and finds when that is next. */
static void change(Defects *defects, int64_t at_us)
{
    for (size_t i = 0; i < defects->count; i++)
        if (defects->list[i].is_on && !is_due(&defects->list[i], at_us))
            end(defects, &defects->list[i], at_us);
    defects->next_us = INT64_MAX;
    for (size_t i = 0; i < defects->count; i++) {
        Defect *defect = &defects->list[i];
        if (!defect->is_on && is_due(defect, at_us))
            begin(defects, defect, at_us);
        const int64_t next_us = defect->is_on ? defect->until_us : defect->from_us;
        if (next_us > at_us && next_us < defects->next_us)
            defects->next_us = next_us;
    }
    if (defects->changed)
        defects->changed(defects->owner);
}

void defects_at(Defects *defects, int64_t at_us)
{
    if (at_us >= defects->next_us)
        change(defects, at_us);
    for (size_t i = 0; i < defects->count; i++)
        if (defects->list[i].is_on && defects->list[i].kind->go_on)
            defects->list[i].kind->go_on(&defects->list[i], at_us);
}

/* Moves what is on to the same order among the new ones, if it is there. */
static bool hand_over(Defect *old, Defects *to)
{
    for (size_t i = 0; i < to->count; i++) {
        Defect *defect = &to->list[i];
        if (defect->is_on || defect->id != old->id || defect->kind != old->kind)
            continue;
        defect->is_on = true;
        defect->began_us = old->began_us;
        defect->value = old->value;
        return true;
    }
    return false;
}

void defects_replace(Defects *from, Defects *to, int64_t at_us)
{
    for (size_t i = 0; i < from->count; i++)
        if (from->list[i].is_on && !hand_over(&from->list[i], to))
            end(from, &from->list[i], at_us);
    to->next_us = INT64_MIN;
}

void defect_step(Building *building)
{
    if (building->defects)
        defects_at(building->defects, building->now_us);
}
