#include "apps/up/log.h"
#include "apps/up/up.h"
#include "base/log.h"
#include "base/time.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

enum { LINE = 2048 };
static const int64_t FIRST_PAUSE_US = BP_SECOND, LONGEST_PAUSE_US = 60 * BP_SECOND, STEADY_US = BP_MINUTE,
                     RUN_PATIENCE_US = 20 * BP_SECOND, LAST_PATIENCE_US = 60 * BP_SECOND;

/* ---- parts ---- */

Part *up_add_part(Up *up, const UpPartOptions *options)
{
    Part *part = &up->parts.items[up->parts.count++];
    *part = (Part){.up = up, .options = *options, .pause_us = FIRST_PAUSE_US};
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
    for (size_t i = 0; i < up->parts.count; i++)
        if (strcmp(up->parts.items[i].options.name, name) == 0)
            return &up->parts.items[i];
    return NULL;
}

static void start_again(void *owner)
{
    Part *part = owner;
    BpError err;
    if (part->up->end.is_near)
        return;
    part->restarts++;
    if (part_start(part, &err) != BP_OK) {
        up_warn("%s cannot be started again: %s", part->options.name, err.text);
        loop_timer_set(part->restart, loop_now_us(part->up->loop) + LONGEST_PAUSE_US);
    }
}

static void start_again_at(Part *part, int64_t when_us)
{
    if (!part->restart)
        part->restart = loop_timer_new(part->up->loop, start_again, part);
    loop_timer_set(part->restart, when_us);
}

static void on_exit_of(void *owner, int code)
{
    Part *part = owner;
    Up *up = part->up;
    char interval[BP_TIME_TEXT_MAX];
    if (part->is_stopping || up->end.is_near)
        return;
    const int64_t now_us = loop_now_us(up->loop);
    if (part->is_renewing) {
        part->is_renewing = false;
        start_again_at(part, now_us);
        return;
    }
    if (part->options.ends && code == 0)
        return;
    if (part->options.gives_up && (code == 1 || code == EX_USAGE || code == EX_DATAERR)) {
        part->has_given_up = true;
        up_leave_block(up);
        up_warn("%s ended with code %d (%s); it is not tried again", part->options.name, code,
                up_log_last_words(part->log));
        return;
    }
    if (now_us - part->started_at_us > STEADY_US)
        part->pause_us = FIRST_PAUSE_US;
    up_leave_block(up);
    part->exits += code > 0;
    if (code < 0)
        up_warn("%s was ended by signal %d; starting it again in %s", part->options.name, -code,
                bp_interval_format(part->pause_us, interval));
    else
        up_warn("%s ended with code %d (%s); starting it again in %s", part->options.name, code,
                up_log_last_words(part->log), bp_interval_format(part->pause_us, interval));
    start_again_at(part, now_us + part->pause_us);
    part->pause_us = part->pause_us * 2 < LONGEST_PAUSE_US ? part->pause_us * 2 : LONGEST_PAUSE_US;
}

BpStatus part_start(Part *part, BpError *err)
{
    Up *up = part->up;
    if (part->options.prepare)
        BP_TRY(part->options.prepare(up, err));
    BP_TRY(up_log_open(up, part->options.name, &part->log, err));
    const LoopProcessOptions options = {
        .path = part->options.path,
        .arguments = part->arguments,
        .folder = part->options.folder ? part->options.folder : "/",
        .output = up_log_output(part->log),
        /* Should we be killed: fast for PostgreSQL, SIGTERM for all others. */
        .death_signal = part->options.stop_signal,
        .memory_limit = part->options.memory_limit,
        .may_bind_low_ports = part->options.may_bind_low_ports};
    loop_process_free(part->process);
    part->started_at_us = loop_now_us(up->loop);
    part->process = loop_process_new(up->loop, &options, on_exit_of, part, err);
    return part->process ? BP_OK : BP_UNAVAILABLE;
}

/* ---- of the last time ---- */

/* Whether the command line has the argument. */
static bool has_argument(const char *pid, const char *argument)
{
    char path[64], arguments[UP_PATH_MAX + LINE];
    struct stat status;
    bool has = false;
    snprintf(path, sizeof path, "/proc/%.20s/cmdline", pid);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    const ssize_t size =
        fstat(fd, &status) == 0 && status.st_uid == geteuid() ? read(fd, arguments, sizeof arguments - 1) : 0;
    close(fd);
    if (size <= 0)
        return false;
    arguments[size] = '\0';
    for (const char *each = arguments; !has && each < arguments + size; each += strlen(each) + 1)
        has = strcmp(each, argument) == 0;
    return has;
}

/* A process of ours that was given this path: nobody else can pose as one. */
static bool works_on(const char *path)
{
    DIR *processes = opendir("/proc");
    bool is_there = false;
    if (!processes)
        return false;
    for (const struct dirent *entry; !is_there && (entry = readdir(processes)) != NULL;)
        is_there = *entry->d_name >= '1' && *entry->d_name <= '9' && has_argument(entry->d_name, path);
    closedir(processes);
    return is_there;
}

BpStatus part_wait_for_last(Up *up, const char *name, const char *path, BpError *err)
{
    const int64_t begin_us = loop_now_us(up->loop), until_us = begin_us + LAST_PATIENCE_US;
    if (!works_on(path))
        return BP_OK;
    up_say(up, "%s of the last start is still ending: waiting for it", name);
    while (works_on(path))
        if (!up_wait(up, until_us, err))
            return bp_within(err, "another %s works on %s", name, path);
    return BP_OK;
}

bool part_is_running(const Part *part)
{
    return part->process && loop_process_is_running(part->process);
}

BpStatus part_is_not_ready(const Part *part, BpError *err)
{
    return bp_within(err, "%s is not ready (%s; more in %s)", part->options.name,
                     part->log ? up_log_last_words(part->log) : "",
                     up_path(part->up, "log/%s.log", part->options.name));
}

void part_signal(Part *part, int number)
{
    if (part_is_running(part))
        loop_process_signal(part->process, number);
}

void part_renew(Part *part, const char *why)
{
    if (part->is_renewing || part->is_stopping || !part_is_running(part))
        return;
    up_leave_block(part->up);
    up_say(part->up, "%s %s: starting it again", part->options.name, why);
    part->is_renewing = true;
    loop_process_signal(part->process, part->options.stop_signal);
}

void part_end(Part *part)
{
    part->is_stopping = true;
    loop_timer_free(part->restart);
    part->restart = NULL;
    part_signal(part, part->options.stop_signal);
}

BpStatus part_resume(Part *part, BpError *err)
{
    part->is_stopping = false;
    part->pause_us = FIRST_PAUSE_US;
    return part_start(part, err);
}

void part_hurry(Part *part)
{
    part->is_stopping = true;
    if (part->process)
        loop_process_signal(part->process, part->options.stop_signal);
}

void part_stop(Part *part, int64_t patience_us)
{
    Up *up = part->up;
    part->is_stopping = true;
    loop_timer_free(part->restart);
    part->restart = NULL;
    if (!part->process)
        return;
    if (up->end.hurry_until_us == 0) /* or else it has been told */
        loop_process_signal(part->process, part->options.stop_signal);
    const int64_t until_us = loop_now_us(up->loop) + patience_us;
    while (loop_process_is_running(part->process)) {
        const int64_t left_us =
            (up->end.hurry_until_us ? up->end.hurry_until_us : until_us) - loop_now_us(up->loop);
        if (left_us <= 0)
            break;
        loop_run_once(up->loop, left_us);
    }
    if (loop_process_is_running(part->process))
        up_warn("%s did not end in time and is killed", part->options.name);
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

/* When we are asked to end, it is too, and has the time to do so properly. */
static void wait_for(Up *up, LoopProcess *process, const Run *run)
{
    while (!run->is_over && up_wait(up, INT64_MAX, NULL)) {
    }
    if (run->is_over)
        return;
    loop_process_signal(process, SIGTERM);
    const int64_t until_us = loop_now_us(up->loop) + RUN_PATIENCE_US;
    while (!run->is_over && loop_now_us(up->loop) < until_us)
        loop_run_once(up->loop, until_us - loop_now_us(up->loop));
}

BpStatus up_run(Up *up, const char *name, const char *path, const char *const *arguments, BpError *err)
{
    Run run = {0};
    UpLog *log;
    BP_TRY(up_log_open(up, name, &log, err));
    up_log_repeat(log);
    const LoopProcessOptions options = {.path = path,
                                        .arguments = arguments,
                                        .folder = "/",
                                        .output = up_log_output(log),
                                        .death_signal = SIGTERM};
    LoopProcess *process = loop_process_new(up->loop, &options, on_run_over, &run, err);
    if (!process)
        return BP_UNAVAILABLE;
    wait_for(up, process, &run);
    loop_process_free(process);
    const char *words = up_log_last_words(log); /* and what it said is repeated by now */
    if (run.is_over && run.code == 0)
        return BP_OK;
    return bp_fail(err, run.is_over && run.code == EX_CONFIG ? BP_INVALID : BP_REFUSED,
                   "%s ended with code %d: %s (more in %s)", name, run.code, words,
                   up_path(up, "log/%s.log", name));
}
