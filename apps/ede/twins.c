#include "apps/ede/twins.h"

#include "base/compare.h"

#include <inttypes.h>
#include <stdlib.h>

/* A line of a device object. */
typedef struct Own {
    uint32_t instance;
    BpStr address;
} Own;

static int compare_owns(const void *a, const void *b)
{
    const Own *one = a, *other = b;
    const int by_instance = bp_compare_u64(one->instance, other->instance);
    return by_instance ? by_instance : bp_str_compare(one->address, other->address);
}

/* The first of those with the instance; `count` if there is none. */
static size_t first_of(const Own *owns, size_t count, uint32_t instance)
{
    size_t low = 0, high = count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (owns[middle].instance < instance)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && owns[low].instance == instance ? low : count;
}

static size_t find_owns(const Ede *ede, Own *ret_owns)
{
    size_t count = 0, kept = 0;
    for (size_t i = 0; i < ede->count; i++)
        if (ede->objects[i].object.type == BAC_DEVICE && ede->objects[i].address.size)
            ret_owns[count++] = (Own){ede->objects[i].device, ede->objects[i].address};
    if (count)
        qsort(ret_owns, count, sizeof *ret_owns, compare_owns);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || compare_owns(&ret_owns[kept - 1], &ret_owns[i]) != 0)
            ret_owns[kept++] = ret_owns[i];
    return kept;
}

static void mark(Ede *ede, EdeObject *object, const Own *owns, size_t count, const char *file,
                 SayProblems *problems)
{
    char first[SAY_QUOTE_MAX], second[SAY_QUOTE_MAX];
    const size_t begin = first_of(owns, count, object->device);
    if (begin + 1 >= count || owns[begin + 1].instance != object->device)
        return; /* none, or one: there is no mistaking it */
    for (size_t i = begin; i < count && owns[i].instance == object->device; i++)
        if (bp_str_equal(owns[i].address, object->address)) {
            object->twin = owns[i].address;
            return;
        }
    say_problem(problems, file, object->line, ede->titles[EDE_ADDRESS],
                "the file has several devices %" PRIu32
                ", as at %s and %s: the address of one of them must be here, to say whose this is",
                object->device, say_quote(owns[begin].address, first),
                say_quote(owns[begin + 1].address, second));
}

void ede_mark_twins(Ede *ede, const char *file, BpArena *arena, SayProblems *problems)
{
    Own *owns = bp_arena_take(arena, (ede->count + 1) * sizeof *owns);
    const size_t count = find_owns(ede, owns);
    for (size_t i = 0; i < ede->count; i++)
        mark(ede, &ede->objects[i], owns, count, file, problems);
}
