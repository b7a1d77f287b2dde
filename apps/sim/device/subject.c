#include "apps/sim/device/subject.h"

#include <stdio.h>

bool sim_subject_of(const SimSite *site, const SimEquipment *equipment, SimSubject *ret_subject)
{
    for (size_t i = 0; i < site->device_count; i++)
        for (size_t j = 0; j < site->devices[i].count; j++)
            if (site->devices[i].objects[j].equipment == equipment) {
                *ret_subject = (SimSubject){.equipment = equipment, .device = &site->devices[i]};
                return true;
            }
    return false;
}

SimObject *sim_subject_point(const SimSubject *subject, size_t *i)
{
    while (*i < subject->device->count) {
        SimObject *object = &subject->device->objects[(*i)++];
        if (object->equipment == subject->equipment)
            return object;
    }
    return NULL;
}

const char *sim_subject_name(const SimSubject *subject)
{
    return subject->equipment ? subject->equipment->name : subject->device->name;
}

DefectPlace sim_subject_place(const SimSubject *subject)
{
    if (subject->object)
        return subject->object->id.type == BAC_ANALOG_INPUT ? DEFECT_SENSOR : DEFECT_ELSEWHERE;
    switch (subject->equipment->kind) {
    case SIM_ZONE: return DEFECT_ZONE;
    case SIM_HANDLER: return DEFECT_HANDLER;
    case SIM_PLANT: return DEFECT_PLANT;
    default: return DEFECT_ELSEWHERE;
    }
}

/* ---- by name ---- */

/* As many names as fit, and how many more there are. */
static void list_name(BpBuf *out, const char *name, size_t *more)
{
    static const char separator[] = ", ";
    if (out->size + strlen(name) + sizeof separator > out->capacity)
        ++*more;
    else if (!*more) {
        bp_buf_str(out, bp_str(out->size ? separator : ""));
        bp_buf_str(out, bp_str(name));
    }
}

static BpStatus say_which(BpStr name, BpStr names, size_t more, const char *nearest, const char *of,
                          BpError *err)
{
    char rest[80] = "";
    if (more)
        snprintf(rest, sizeof rest, " and %zu more: see bacpipes sim --list", more);
    return bp_fail(err, BP_INVALID, "\"%.*s\" is no %s%s%s%s There are: %.*s%s", BP_STR_ARGS(name), of,
                   nearest ? "; did you mean " : "", nearest ? nearest : "", nearest ? "?" : ".",
                   BP_STR_ARGS(names), rest);
}

/* What serves many first. */
static BpStatus no_equipment(const SimSite *site, BpStr name, BpError *err)
{
    char memory[200];
    BpBuf names = bp_buf(memory, sizeof memory);
    BpNearest nearest = bp_nearest(name);
    size_t more = 0;
    for (int zones = 0; zones < 2; zones++)
        for (size_t i = 0; i < site->equipment_count; i++) {
            const SimEquipment *equipment = &site->equipment[i];
            if ((equipment->kind == SIM_ZONE) != zones)
                continue;
            list_name(&names, equipment->name, &more);
            bp_nearest_look(&nearest, equipment->name);
        }
    return say_which(name, bp_buf_text(&names), more, nearest.name, "equipment here", err);
}

static BpStatus no_point(const SimSubject *subject, BpStr name, BpError *err)
{
    char memory[200], of[80];
    BpBuf names = bp_buf(memory, sizeof memory);
    BpNearest nearest = bp_nearest(name);
    const SimObject *object;
    size_t more = 0;
    for (size_t i = 0; (object = sim_subject_point(subject, &i));) {
        list_name(&names, object->spec->name, &more);
        bp_nearest_look(&nearest, object->spec->name);
    }
    snprintf(of, sizeof of, "point of %s", subject->equipment->name);
    return say_which(name, bp_buf_text(&names), more, nearest.name, of, err);
}

BpStatus sim_subject_find(const SimSite *site, BpStr name, SimSubject *ret_subject, BpError *err)
{
    BpStr point;
    const BpStr named = bp_str_cut(name, '/', &point);
    const SimEquipment *equipment = sim_site_equipment(site, named);
    SimSubject subject;
    if (!equipment || !sim_subject_of(site, equipment, &subject))
        return no_equipment(site, named, err);
    if (named.size < name.size) {
        subject.object = sim_site_point(site, name);
        if (!subject.object)
            return no_point(&subject, point, err);
    }
    *ret_subject = subject;
    return BP_OK;
}
