#include "apps/up/up.h"
#include "base/log.h"
#include "base/time.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LAST_LINE = 300 };
static const int64_t FIRST_PAUSE_US = BP_SECOND, LONGEST_PAUSE_US = 60 * BP_SECOND, STEADY_US = BP_MINUTE;

/* ---- logs ---- */

/* The last line of a log, for the message that says why a part ended. */
static const char *last_line(Up *up, const char *name, char line[LAST_LINE])
{
    FILE *file = fopen(up_path(up, "log/%s.log", name), "re");
    line[0] = '\0';
    if (!file)
        return line;
    if (fseek(file, -(LAST_LINE - 1), SEEK_END) != 0)
        rewind(file);
    char tail[LAST_LINE];
    const size_t size = fread(tail, 1, sizeof tail - 1, file);
    fclose(file);
    BpStr text = bp_str_trim((BpStr){tail, size});
    size_t start = text.size;
    while (start > 0 && text.data[start - 1] != '\n')
        start--;
    (void)bp_str_copy((BpStr){text.data + start, text.size - start}, line, LAST_LINE);
    return line;
}

/* ---- parts ---- */

Part *up_add_part(Up *up, const char *name, const char *path, int stop_signal)
{
    Part *part = &up->parts[up->part_count++];
    *part =
        (Part){.up = up, .name = name, .path = path, .stop_signal = stop_signal, .pause_us = FIRST_PAUSE_US};
    return part;
}

void part_argument(Part *part, const char *argument)
{
    size_t count = 0;
    while (part->arguments[count])
        count++;
    if (count < UP_ARGUMENTS_MAX - 1)
        part->arguments[count] = argument;
}

Part *up_find_part(Up *up, const char *name)
{
    for (size_t i = 0; i < up->part_count; i++)
        if (strcmp(up->parts[i].name, name) == 0)
            return &up->parts[i];
    return NULL;
}

static void start_again(void *owner)
{
    Part *part = owner;
    BpError err;
    part->restarts++;
    if (part_start(part, &err) != BP_OK) {
        up_say(part->up, "%s cannot be started again: %s", part->name, err.text);
        loop_timer_set(part->restart, loop_now_us(part->up->loop) + LONGEST_PAUSE_US);
    }
}

static void on_exit_of(void *owner, int code)
{
    Part *part = owner;
    Up *up = part->up;
    char line[LAST_LINE], interval[BP_TIME_TEXT_MAX];
    if (part->is_stopping)
        return;
    const int64_t now_us = loop_now_us(up->loop);
    if (now_us - part->started_at_us > STEADY_US)
        part->pause_us = FIRST_PAUSE_US;
    up->lines = 0;
    if (code < 0)
        up_say(up, "%s was ended by signal %d; starting it again in %s", part->name, -code,
               bp_interval_format(part->pause_us, interval));
    else
        up_say(up, "%s ended with code %d (%s); starting it again in %s", part->name, code,
               last_line(up, part->name, line), bp_interval_format(part->pause_us, interval));
    if (!part->restart)
        part->restart = loop_timer_new(up->loop, start_again, part);
    loop_timer_set(part->restart, now_us + part->pause_us);
    part->pause_us = part->pause_us * 2 < LONGEST_PAUSE_US ? part->pause_us * 2 : LONGEST_PAUSE_US;
}

BpStatus part_start(Part *part, BpError *err)
{
    Up *up = part->up;
    int log = -1;
    BpStatus status = part->prepare ? part->prepare(up, err) : BP_OK;
    if (status == BP_OK)
        status = up_open_log(up, part->name, &log, err);
    if (status != BP_OK)
        return status;
    const LoopProcessOptions options = {
        .path = part->path,
        .arguments = part->arguments,
        .folder = part->folder ? part->folder : "/",
        .output = log,
        /* Should we be killed: fast for PostgreSQL, SIGTERM for all others. */
        .death_signal = part->stop_signal};
    loop_process_free(part->process);
    part->started_at_us = loop_now_us(up->loop);
    part->process = loop_process_new(up->loop, &options, on_exit_of, part, err);
    close(log);
    return part->process ? BP_OK : BP_UNAVAILABLE;
}

void part_stop(Part *part, int64_t patience_us)
{
    Up *up = part->up;
    part->is_stopping = true;
    loop_timer_free(part->restart);
    part->restart = NULL;
    if (!part->process)
        return;
    loop_process_signal(part->process, part->stop_signal);
    const int64_t until_us = loop_now_us(up->loop) + patience_us;
    while (loop_process_is_running(part->process) && loop_now_us(up->loop) < until_us && up->stops < 2)
        loop_run_once(up->loop, until_us - loop_now_us(up->loop));
    if (loop_process_is_running(part->process))
        up_say(up, "%s did not end in time and is killed", part->name);
    loop_process_free(part->process);
    part->process = NULL;
}

/* ---- programs that run to their end ---- */

typedef struct Run {
    bool is_over;
    int code;
} Run;

static void on_run_over(void *owner, int code)
{
    Run *run = owner;
    run->is_over = true;
    run->code = code;
}

BpStatus up_run(Up *up, const char *name, const char *path, const char *const *arguments, BpError *err)
{
    Run run = {0};
    char line[LAST_LINE];
    int log = -1;
    const BpStatus status = up_open_log(up, name, &log, err);
    if (status != BP_OK)
        return status;
    const LoopProcessOptions options = {
        .path = path, .arguments = arguments, .folder = "/", .output = log, .death_signal = SIGTERM};
    LoopProcess *process = loop_process_new(up->loop, &options, on_run_over, &run, err);
    close(log);
    if (!process)
        return BP_UNAVAILABLE;
    while (!run.is_over)
        loop_run_once(up->loop, BP_SECOND);
    loop_process_free(process);
    return run.code == 0 ? BP_OK
                         : bp_fail(err, BP_REFUSED, "%s ended with code %d: %s (more in %s)", arguments[0],
                                   run.code, last_line(up, name, line), up_path(up, "log/%s.log", name));
}
