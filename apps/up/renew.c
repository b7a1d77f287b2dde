/* Programs that are updated while they run, as Debian's unattended-upgrades does it: PostgreSQL's new library
 * does not fit the old program, and each new connection fails. Debian starts its own servers again, and not
 * ours. */
#include "apps/up/up.h"

#include "base/time.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Whoever unpacks a package is done between two looks. */
static const int64_t LOOK_EVERY_US = 20 * BP_SECOND;

/* Whether another file has taken the place of the program that it runs. */
static bool is_outdated(const Part *part)
{
    static const char gone[] = " (deleted)";
    char link[64], program[UP_PATH_MAX];
    snprintf(link, sizeof link, "/proc/%d/exe", (int)loop_process_pid(part->process));
    const ssize_t size = readlink(link, program, sizeof program - 1);
    if (size < (ssize_t)sizeof gone)
        return false;
    program[size] = '\0';
    return strcmp(program + size - strlen(gone), gone) == 0 && access(part->options.path, X_OK) == 0;
}

static void look(void *owner)
{
    Up *up = owner;
    for (size_t i = 0; i < up->parts.count && !up->end.is_near; i++) {
        Part *part = &up->parts.items[i];
        const bool was_outdated = part->is_outdated;
        part->is_outdated = part->options.path && part_is_running(part) && is_outdated(part);
        if (part->is_outdated && was_outdated)
            part_renew(part, "was updated on this machine");
    }
    loop_timer_set(up->renewal, loop_now_us(up->loop) + LOOK_EVERY_US);
}

void up_begin_renewal(Up *up)
{
    up->renewal = loop_timer_new(up->loop, look, up);
    loop_timer_set(up->renewal, loop_now_us(up->loop) + LOOK_EVERY_US);
}

void up_end_renewal(Up *up)
{
    loop_timer_free(up->renewal);
    up->renewal = NULL;
}
