/* Prints the tables of points as docs/building.md has them. */
#include "apps/sim/device/size.h"
#include "apps/sim/device/tags.h"

#include <stdio.h>

/* The smallest site from which on there is one. */
static size_t smallest(SimEquipmentKind kind, size_t spec)
{
    SimSize size;
    size_t points = 500;
    for (sim_size(points - 1, &size); points > SIM_POINTS_WHOLE && size.have[kind][spec] > 0;
         sim_size(points - 1, &size))
        points--;
    return points;
}

static const char *type_of(const SimSpec *spec)
{
    switch (spec->type) {
    case BAC_ANALOG_INPUT: return "AI";
    case BAC_ANALOG_OUTPUT: return "AO";
    case BAC_ANALOG_VALUE: return "AV";
    case BAC_BINARY_INPUT: return "BI";
    case BAC_BINARY_OUTPUT: return "BO";
    case BAC_BINARY_VALUE: return "BV";
    case BAC_MULTI_STATE_INPUT: return "MSI";
    case BAC_MULTI_STATE_VALUE: return "MSV";
    case BAC_ACCUMULATOR: return "ACC";
    case BAC_LARGE_ANALOG_VALUE: return "LAV";
    default: return "?";
    }
}

static void print_values(const SimSpec *spec)
{
    if (spec->max > spec->min)
        printf("%g to %g %s", spec->min, spec->max, sim_tags_unit(spec));
    else if (!spec->states)
        printf("%s", sim_tags_unit(spec));
    for (size_t i = 0; spec->states && spec->states[i]; i++)
        printf("%s%s", i ? ", " : "", spec->states[i]);
}

static void print_table(SimEquipmentKind kind, const char *title)
{
    printf("\n### %s\n\nTags: `%s`.\n\n", title, sim_points[kind].tags);
    printf("| Point | Object | What it is | Values | From | Tags |\n| --- | --- | --- | --- | --: | --- |\n");
    for (size_t i = 0; i < sim_points[kind].count; i++) {
        const SimSpec *spec = &sim_points[kind].specs[i];
        printf("| `%s` | %s | %s | ", spec->name, type_of(spec), spec->description);
        print_values(spec);
        printf(" | %zu | %s |\n", smallest(kind, i), spec->tags);
    }
}

int main(void)
{
    printf("<!-- points: made by tests/docs/points_table.c, and compared with it -->\n");
    print_table(SIM_HANDLER, "An air handler, `AHU-1` and on");
    print_table(SIM_ZONE, "A zone with its VAV box, `VAV-1-01` and on");
    print_table(SIM_PLANT, "The plant, `PLANT`");
    print_table(SIM_WEATHER, "The weather station, `WEATHER`");
    print_table(SIM_METER, "The meter, `METER`");
    printf("\n<!-- points end -->\n");
    return 0;
}
