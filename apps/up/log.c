#include "apps/up/log.h"

#include "apps/up/log_file.h"
#include "apps/up/up.h"
#include "base/log.h"
#include "base/time.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LAST_WORDS = 300, LINE = 8192, READ = 16 * 1024, PIPE_OCTETS = 1024 * 1024 };

struct UpLog {
    UpLog *next;
    const Up *up;
    bool is_repeated; /* on the screen, what is notable */
    char name[32];
    LogFile file;
    int from, to; /* of the pipe */
    LoopPoll *poll;
    char line[LINE]; /* that has not ended yet */
    size_t used;
    char words[LAST_WORDS];
    bool has_complaint, is_below;
};

/* ---- what a line says ---- */

typedef struct Line {
    bool is_whole; /* it has time and level: a role of ours wrote it */
    BpLogLevel level;
    const char *complaint; /* where it begins to say what is wrong; NULL: nothing is */
    const char *notable;   /* where a notice or warning of a role of ours begins; NULL: it is none */
    const char *advice;    /* what would be right, which PostgreSQL says in a line of its own; NULL: no */
} Line;

static const char *find_word(const char *line, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *found = strstr(line, words[i]);
        if (found)
            return found;
    }
    return NULL;
}

/* "2026-11-24T02:51:59.123Z error   collect: text" */
static Line read_own(BpStr rest)
{
    Line line = {.is_whole = true, .level = BP_LOG_INFO};
    const BpStr level = bp_str_cut(rest, ' ', &rest);
    const BpStr text = bp_str_trim(rest);
    line.level = bp_str_equal(level, bp_str("error"))     ? BP_LOG_ERROR
                 : bp_str_equal(level, bp_str("warning")) ? BP_LOG_WARNING
                                                          : BP_LOG_INFO;
    const char *colon = strstr(text.data, ": ");
    if (line.level == BP_LOG_ERROR && colon)
        line.complaint = colon + 2;
    else if (colon && (line.level == BP_LOG_WARNING || bp_str_equal(level, bp_str("notice"))))
        line.notable = colon + 2;
    return line;
}

/* PostgreSQL's, Mosquitto's, or of another program. */
static Line read_others(const char *text)
{
    static const char *const wrong[] = {"PANIC:", "FATAL:", "ERROR:", "Error:", "error:"};
    static const char *const doubtful[] = {"WARNING:", "Warning:", "warning:"};
    static const char *const advice[] = {"DETAIL:", "HINT:"};
    Line line = {.level = BP_LOG_INFO,
                 .complaint = find_word(text, wrong, sizeof wrong / sizeof wrong[0]),
                 .advice = find_word(text, advice, sizeof advice / sizeof advice[0])};
    if (line.complaint)
        line.level = BP_LOG_ERROR;
    else if (find_word(text, doubtful, sizeof doubtful / sizeof doubtful[0]))
        line.level = BP_LOG_WARNING;
    return line;
}

static Line read_line(const char *text)
{
    BpStr rest;
    int64_t time_us;
    const BpStr time = bp_str_cut(bp_str(text), ' ', &rest);
    return time.size > 11 && bp_time_parse(time, &time_us, NULL) == BP_OK ? read_own(rest)
                                                                          : read_others(text);
}

/* As much as there is room for; a cut character is none. */
static void add_words(UpLog *log, BpStr more)
{
    const size_t size = strlen(log->words);
    if (size + more.size + 3 < LAST_WORDS)
        snprintf(log->words + size, LAST_WORDS - size, "; %.*s", BP_STR_ARGS(more));
}

static void note_words(UpLog *log, const char *text, const Line *line)
{
    const BpStr words = bp_str_trim(bp_str(line->complaint ? line->complaint : text));
    const BpStr advice = bp_str_trim(bp_str(log->is_below ? line->advice : NULL));
    if (words.size && bp_str_is_utf8(words) && (line->complaint || !log->has_complaint))
        (void)bp_str_copy(words, log->words, LAST_WORDS);
    if (advice.size && bp_str_is_utf8(advice))
        add_words(log, advice);
    log->has_complaint = log->has_complaint || line->complaint;
    log->is_below = line->complaint || advice.size;
}

/* ---- lines ---- */

static void end_line(UpLog *log)
{
    const BpStr text = {log->line, log->used};
    log->line[log->used] = '\0';
    log->used = 0;
    if (bp_str_trim(text).size == 0)
        return;
    const Line line = read_line(text.data);
    note_words(log, text.data, &line);
    if (log->is_repeated && line.notable && line.level == BP_LOG_WARNING)
        up_warn("%s", line.notable);
    else if (log->is_repeated && line.notable)
        up_say(log->up, "%s", line.notable);
    if (line.is_whole)
        log_file_add_whole(&log->file, bp_wall_us(), text);
    else
        log_file_add(&log->file, bp_wall_us(), (int)line.level, log->name, text);
}

static void take(UpLog *log, const char *octets, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (octets[i] == '\n' || log->used == LINE - 1) /* what is longer goes on in a line of its own */
            end_line(log);
        if (octets[i] != '\n')
            log->line[log->used++] = octets[i] ? octets[i] : ' ';
    }
}

/* All that has been said so far. */
static void drain(UpLog *log)
{
    char octets[READ];
    ssize_t size;
    while ((size = read(log->from, octets, sizeof octets)) > 0)
        take(log, octets, (size_t)size);
}

/* A part that says more than the disk takes must not keep us from all else: one reading a turn. */
static void on_readable(void *owner, int events)
{
    UpLog *log = owner;
    char octets[READ];
    (void)events;
    const ssize_t size = read(log->from, octets, sizeof octets);
    if (size > 0)
        take(log, octets, (size_t)size);
}

/* ---- logs ---- */

static void close_log(UpLog *log)
{
    loop_poll_free(log->poll);
    if (log->from >= 0)
        close(log->from);
    if (log->to >= 0)
        close(log->to);
    log_file_close(&log->file);
    free(log);
}

/* Our end does not block, and theirs does: a part waits rather than lose a line. */
static BpStatus make(Up *up, const char *name, UpLog *log, BpError *err)
{
    int ends[2];
    log->from = log->to = -1;
    snprintf(log->name, sizeof log->name, "%s", name);
    BP_TRY(log_file_open(up_path(up, "log/%s.log", name), (off_t)up->wish.cfg.log_size, &log->file, err));
    if (pipe2(ends, O_CLOEXEC) != 0)
        return bp_fail(err, BP_UNAVAILABLE, "a pipe for the log of %s: %s", name, bp_errno_text(errno));
    log->from = ends[0];
    log->to = ends[1];
    (void)!fcntl(log->from, F_SETFL, O_NONBLOCK);
    (void)!fcntl(log->to, F_SETPIPE_SZ, PIPE_OCTETS); /* nobody waits for us while we are busy */
    log->poll = loop_poll_new(up->loop, log->from, on_readable, log);
    loop_poll_set(log->poll, LOOP_READABLE);
    return BP_OK;
}

static UpLog *find(const Up *up, const char *name)
{
    UpLog *log = up->logs;
    while (log && strcmp(log->name, name) != 0)
        log = log->next;
    return log;
}

BpStatus up_log_open(Up *up, const char *name, UpLog **ret_log, BpError *err)
{
    UpLog *log = find(up, name);
    if (!log) {
        log = calloc(1, sizeof *log);
        if (!log)
            abort();
        log->up = up;
        const BpStatus status = make(up, name, log, err);
        if (status != BP_OK) {
            close_log(log);
            return status;
        }
        log->next = up->logs;
        up->logs = log;
    }
    drain(log);
    log->words[0] = '\0';
    log->has_complaint = log->is_below = false;
    *ret_log = log;
    return BP_OK;
}

int up_log_output(const UpLog *log)
{
    return log->to;
}

const char *up_log_last_words(UpLog *log)
{
    drain(log);
    if (log->used)
        end_line(log);
    return log->words;
}

void up_log_repeat(UpLog *log)
{
    log->is_repeated = true;
}

void up_log_close_all(Up *up)
{
    while (up->logs) {
        UpLog *log = up->logs;
        up->logs = log->next;
        (void)up_log_last_words(log);
        close_log(log);
    }
}
