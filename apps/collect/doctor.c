#include "apps/collect/doctor.h"

#include "base/time.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

/* It listens for 3 s, and asks BBMDs one by one; longer than the last, and it hangs. */
static const int64_t USUAL_US = 6 * BP_SECOND, LONGEST_US = 90 * BP_SECOND;
static const double NEARLY = 0.9;

enum {
    ARGUMENTS_MAX = 64,
    SETTING_MAX = 64,
    TARGETS_MAX = 16,
    OUTPUT_MAX = 4 * 1024 * 1024,
    FOUND_WRONG = 1
};

struct CollectDoctor {
    CollectDoctorOptions options;
    LoopProcess *process; /* NULL: none was begun */
    int output;           /* what it prints: a file in memory; -1: none */
    int code;
    int64_t began_us;
    char problem[256];
};

/* ---- how it is called ---- */

typedef struct Call {
    const char *arguments[ARGUMENTS_MAX + 1];
    size_t count;
    BpArena arena;
} Call;

static void add(Call *call, const char *argument)
{
    if (call->count < ARGUMENTS_MAX)
        call->arguments[call->count++] = argument;
}

static void add_setting(Call *call, const char *name, const char *value)
{
    char text[SETTING_MAX];
    snprintf(text, sizeof text, "%s=%s", name, value);
    add(call, "--set");
    add(call, bp_arena_text(&call->arena, bp_str(text)));
}

static void add_targets(Call *call, const Cfg *cfg)
{
    BpStr rest = bp_str(cfg->discovery_targets);
    for (size_t i = 0; rest.size && i < TARGETS_MAX; i++) {
        const BpStr word = bp_str_trim(bp_str_cut(bp_str_trim(rest), ' ', &rest));
        if (word.size == 0)
            continue;
        add(call, "--target");
        add(call, bp_arena_text(&call->arena, word));
    }
}

static void write_call(Call *call, const CollectDoctor *doctor)
{
    char port[16];
    const Cfg *cfg = doctor->options.cfg(doctor->options.owner);
    add(call, "bacpipes");
    add(call, "doctor");
    for (const char *const *one = doctor->options.arguments; *one; one++)
        add(call, *one);
    snprintf(port, sizeof port, "%d", (int)cfg->bacnet_port);
    add_setting(call, "bacnet.address", cfg->bacnet_address);
    add_setting(call, "bacnet.port", port);
    add_setting(call, "bacnet.broadcast", cfg->bacnet_broadcast);
    add_setting(call, "bacnet.bbmd", cfg->bacnet_bbmd);
    add_targets(call, cfg);
    add(call, "--json");
}

/* ---- its life ---- */

static void on_exit_of(void *owner, int code)
{
    CollectDoctor *doctor = owner;
    doctor->code = code;
}

static void end(void *owner)
{
    CollectDoctor *doctor = owner;
    loop_process_free(doctor->process);
    doctor->process = NULL;
    if (doctor->output >= 0)
        close(doctor->output);
    doctor->output = -1;
}

static BpStatus begin(void *owner, const ControlErrandWish *wish, BpError *err)
{
    (void)wish;
    CollectDoctor *doctor = owner;
    Call call = {.count = 0};
    end(doctor);
    doctor->output = memfd_create("doctor", MFD_CLOEXEC);
    if (doctor->output < 0)
        return bp_fail(err, BP_UNAVAILABLE, "no room for what the doctor says");
    write_call(&call, doctor);
    const LoopProcessOptions options = {
        .arguments = call.arguments, .output = doctor->output, .death_signal = SIGKILL};
    doctor->began_us = loop_now_us(doctor->options.loop);
    doctor->process = loop_process_new(doctor->options.loop, &options, on_exit_of, doctor, err);
    bp_arena_done(&call.arena);
    return doctor->process ? BP_OK : BP_UNAVAILABLE;
}

/* What it printed, from its JSON on: warnings may stand before it. */
static json_t *read_output(const CollectDoctor *doctor)
{
    struct stat about;
    if (fstat(doctor->output, &about) != 0 || about.st_size <= 0 || about.st_size > OUTPUT_MAX)
        return NULL;
    char *text = malloc((size_t)about.st_size);
    const ssize_t size = text ? pread(doctor->output, text, (size_t)about.st_size, 0) : 0;
    const char *json = size > 0 ? memchr(text, '{', (size_t)size) : NULL;
    json_t *read =
        json ? json_loadb(json, (size_t)size - (size_t)(json - text), JSON_DISABLE_EOF_CHECK, NULL) : NULL;
    free(text);
    return read;
}

static ControlErrandState look(void *owner)
{
    CollectDoctor *doctor = owner;
    const int64_t since_us = loop_now_us(doctor->options.loop) - doctor->began_us;
    ControlErrandState state = {.progress = NEARLY * (double)since_us / (double)USUAL_US};
    if (state.progress > NEARLY)
        state.progress = NEARLY;
    if (loop_process_is_running(doctor->process)) {
        state.is_over = since_us > LONGEST_US;
        state.problem = "the doctor came to no end, and was stopped";
        return state;
    }
    state.is_over = true;
    if (doctor->code == EX_OK || doctor->code == FOUND_WRONG)
        state.result = read_output(doctor);
    snprintf(doctor->problem, sizeof doctor->problem,
             "the doctor could not look (%s %d): `bacpipes doctor` on the collector's machine says why",
             doctor->code < 0 ? "signal" : "exit code", abs(doctor->code));
    state.problem = state.result ? NULL : doctor->problem;
    return state;
}

/* ---- what the header promises ---- */

CollectDoctor *collect_doctor_new(const CollectDoctorOptions *options)
{
    CollectDoctor *doctor = calloc(1, sizeof *doctor);
    if (!doctor)
        abort();
    doctor->options = *options;
    doctor->output = -1;
    return doctor;
}

void collect_doctor_free(CollectDoctor *doctor)
{
    if (!doctor)
        return;
    end(doctor);
    free(doctor);
}

ControlErrand collect_doctor_errand(CollectDoctor *doctor)
{
    return (ControlErrand){doctor, begin, look, end};
}
