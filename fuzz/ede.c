/* Devices and objects, or texts of states, in CSV: they are refused with reasons, or written and read back
 * the same. The first octet says which of the two files it is. */
#include "apps/ede/ede.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OUTPUT_MAX = 8 * 1024 * 1024 };

static bool echo_objects(BpStr octets, BpArena *arena, SayProblems *problems, BpBuf *out)
{
    Ede ede;
    if (!ede_read(octets, "fuzz", arena, problems, &ede))
        return false;
    ede_write(out, &ede);
    return true;
}

static bool echo_states(BpStr octets, BpArena *arena, SayProblems *problems, BpBuf *out)
{
    EdeStatesFile states;
    if (!ede_read_states(octets, "fuzz", arena, problems, &states))
        return false;
    ede_write_states(out, states.lists, states.count);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    BpArena arena = {0};
    SayProblems problems;
    BpBuf once = bp_buf_growing(OUTPUT_MAX), twice = bp_buf_growing(OUTPUT_MAX);
    const BpStr octets = {(const char *)data + 1, size - 1};
    bool (*echo)(BpStr, BpArena *, SayProblems *, BpBuf *) = data[0] == 's' ? echo_states : echo_objects;
    say_problems_init(&problems);
    if (!echo(octets, &arena, &problems, &once)) {
        assert(problems.count > 0);
        assert(bp_str_is_utf8(say_problems_text(&problems)));
    } else if (!once.failed) {
        const bool again = echo(bp_buf_text(&once), &arena, &problems, &twice);
        assert(again && bp_str_equal(bp_buf_text(&once), bp_buf_text(&twice)));
    }
    say_problems_done(&problems);
    bp_buf_done(&once);
    bp_buf_done(&twice);
    bp_arena_done(&arena);
    return 0;
}
