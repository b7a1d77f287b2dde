#include "apps/collect/control/keep.h"

#include "apps/collect/control/life.h"
#include "apps/collect/control/release.h"
#include "apps/collect/deliver/spool/spool.h"
#include "base/log.h"
#include "base/time.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const int64_t NOTE_EVERY_US = BP_MINUTE,
                     LOOK_EVERY_US = 10 * BP_SECOND; /* at the least: the loop's clock stands while the
                                                        machine sleeps */
enum { OPEN_AGAIN_S = 10 };

/* Those whose claim waits for the disk. */
typedef struct Claims {
    ControlKeep *keep;
    ControlOnKept on_kept;
    void *context;
    BpError err; /* status BP_OK: the disk decides */
    size_t count;
    ControlHold holds[];
} Claims;

struct ControlKeep {
    ControlKeepOptions options;
    char folder[SPOOL_PATH_MAX];
    int lock;
    ControlKept kept;
    ControlLog *log; /* NULL: the file could not be read yet */
    ControlLife *life;
    ControlReleases *releases;
    LoopTimer *timer, *opens;
    int64_t note_us; /* CLOCK_BOOTTIME */
    int64_t known_wall_us;
    BpError trouble; /* why there is no file */
    bool is_alone, is_frozen, is_closed;
};

/* ---- now ---- */

static void read_boot(char ret_text[CONTROL_BOOT_TEXT])
{
    FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");
    char line[CONTROL_BOOT_TEXT] = "";
    if (file && fgets(line, sizeof line, file))
        line[strcspn(line, "\n")] = '\0';
    if (file)
        fclose(file);
    memcpy(ret_text, line[0] ? line : "unknown", line[0] ? sizeof line : sizeof "unknown");
}

int64_t control_keep_known_wall_us(const ControlKeep *keep)
{
    return keep->known_wall_us;
}

void control_keep_now(ControlTime *ret_now)
{
    static char boot[CONTROL_BOOT_TEXT];
    if (!boot[0])
        read_boot(boot);
    ret_now->boot_us = bp_boot_us();
    ret_now->wall_us = bp_wall_us();
    memcpy(ret_now->boot, boot, sizeof boot);
}

static void now_of(void *owner, ControlTime *ret_now)
{
    (void)owner;
    control_keep_now(ret_now);
}

static int64_t loop_now_of(void *owner)
{
    const ControlKeep *keep = owner;
    return loop_now_us(keep->options.loop);
}

/* ---- what is due ---- */

static void plan(ControlKeep *keep)
{
    ControlTime now;
    if (!keep->log || keep->is_closed)
        return;
    control_keep_now(&now);
    int64_t due_us = keep->note_us;
    const int64_t hold_us = keep->is_frozen ? INT64_MAX : control_holds_next_due_us(keep->kept.holds, &now);
    due_us = hold_us < due_us ? hold_us : due_us;
    int64_t pause_us = due_us - now.boot_us;
    if (pause_us < 0)
        pause_us = control_releases_are_under_way(keep->releases) ? 50 * BP_MS : 0;
    loop_timer_set(keep->timer,
                   loop_now_us(keep->options.loop) + (pause_us < LOOK_EVERY_US ? pause_us : LOOK_EVERY_US));
}

static void note(ControlKeep *keep, const ControlTime *now)
{
    if (now->boot_us < keep->note_us)
        return;
    keep->note_us = now->boot_us + NOTE_EVERY_US;
    if (control_holds_count(keep->kept.holds) > 0)
        control_kept_note(&keep->kept, now);
    control_life_refresh(keep->life);
}

static void on_due(void *owner)
{
    ControlKeep *keep = owner;
    ControlTime now;
    control_keep_now(&now);
    note(keep, &now);
    if (!keep->is_frozen)
        control_releases_advance(keep->releases);
    control_life_tell(keep->life);
    plan(keep);
    keep->options.on_orders(keep->options.owner);
}

static bool may_write(void *owner)
{
    const ControlKeep *keep = owner;
    return !keep->is_frozen;
}

/* From inside the poller, maybe: what follows is done in the loop's next turn. */
static void on_change(void *owner)
{
    const ControlKeep *keep = owner;
    if (!keep->is_closed)
        loop_timer_set(keep->timer, loop_now_us(keep->options.loop));
}

static bool take_point(void *owner, int32_t point_id)
{
    const ControlKeep *keep = owner;
    return keep->options.take_point(keep->options.owner, point_id);
}

static void on_seen(void *owner, int32_t point_id, const ControlSeen *seen)
{
    const ControlKeep *keep = owner;
    keep->options.on_seen(keep->options.owner, point_id, seen);
}

static void give_point(void *owner, int32_t point_id)
{
    const ControlKeep *keep = owner;
    keep->options.give_point(keep->options.owner, point_id);
}

/* ---- the file ---- */

static void put_record(void *owner, const ControlRecord *record)
{
    ControlKeep *keep = owner;
    if (keep->log)
        control_log_put(keep->log, record, NULL, NULL);
}

static void write_all(void *owner, BpBuf *out)
{
    const ControlKeep *keep = owner;
    ControlTime now;
    control_keep_now(&now);
    control_kept_write_all(&keep->kept, &now, out);
}

static void apply(void *context, const ControlRecord *record)
{
    control_kept_apply(context, record);
}

static void tell_read(const ControlKeep *keep, const ControlFileSize *size)
{
    if (size->wrong > 0)
        bp_log(BP_LOG_ERROR,
               "%s/holds: %zu lines of it cannot be read any more: what they said of held slots is lost",
               keep->folder, size->wrong);
    if (size->torn > 0)
        bp_log(BP_LOG_WARNING,
               "%s/holds: its last %zu octets are torn, as where power was lost: they are cut off",
               keep->folder, size->torn);
    if (control_holds_count(keep->kept.holds) > 0)
        bp_log(BP_LOG_INFO, "%zu slots are held by commands", control_holds_count(keep->kept.holds));
}

static BpStatus read_file(ControlKeep *keep, BpError *err)
{
    const ControlFile file = {&spool_files, keep->folder};
    ControlFileSize size = {0};
    if (keep->lock < 0)
        keep->lock = spool_lock(keep->folder, err);
    if (keep->lock < 0)
        return err->status;
    const BpStatus status = control_file_read(&file, apply, &keep->kept, &size, err);
    if (status != BP_OK && status != BP_NOT_FOUND)
        return status;
    ControlTime now;
    control_keep_now(&now);
    keep->known_wall_us = keep->kept.last.wall_us;
    if (now.wall_us < keep->known_wall_us)
        bp_log(BP_LOG_WARNING, "the clock is behind what it was when the collector ran last: commands for a "
                               "time of day wait until it is not");
    control_kept_begin(&keep->kept, &now);
    tell_read(keep, &size);
    return BP_OK;
}

static void open_file(void *owner)
{
    ControlKeep *keep = owner;
    BpError err = {0};
    if (read_file(keep, &err) != BP_OK) {
        if (strcmp(keep->trouble.text, err.text) != 0)
            bp_log(BP_LOG_ERROR,
                   "no command is carried out, and nothing released, for what is kept of them cannot be "
                   "read: %s; it is tried every %d s",
                   err.text, OPEN_AGAIN_S);
        keep->trouble = err;
        loop_timer_set(keep->opens, loop_now_us(keep->options.loop) + OPEN_AGAIN_S * BP_SECOND);
        return;
    }
    keep->log = control_log_new(&(ControlLogOptions){.loop = keep->options.loop,
                                                     .file = {&spool_files, keep->folder},
                                                     .owner = keep,
                                                     .write_all = write_all});
    if (keep->is_alone)
        control_life_alone(keep->life);
    plan(keep);
}

/* ---- commands ---- */

static void on_claims_kept(void *context, const BpError *err)
{
    Claims *claims = context;
    ControlKeep *keep = claims->keep;
    const BpError *why = claims->err.status != BP_OK ? &claims->err : err;
    for (size_t i = 0; why && i < claims->count; i++)
        control_keep_settle(keep, claims->holds[i].point_id, claims->holds[i].slot, claims->holds[i].command,
                            CONTROL_DID_NOT, NULL);
    claims->on_kept(claims->context, why);
    free(claims);
}

void control_keep_claim(ControlKeep *keep, const ControlHold *holds, size_t count, const ControlPlace *place,
                        ControlOnKept on_kept, void *context)
{
    ControlTime now;
    ControlRecord position = {.kind = CONTROL_RECORD_POSITION, .place = *place};
    Claims *claims = calloc(1, sizeof *claims + count * sizeof(ControlHold));
    if (!claims)
        abort();
    control_keep_now(&now);
    *claims = (Claims){.keep = keep, .on_kept = on_kept, .context = context, .count = count};
    if (count > 0)
        memcpy(claims->holds, holds, count * sizeof *holds);
    for (size_t i = 0; i < count && claims->err.status == BP_OK; i++)
        if (control_kept_claim(&keep->kept, &holds[i], &now, &claims->err) != BP_OK)
            claims->count = i;
    control_life_ends(keep->life, &position.place);
    keep->kept.place = position.place;
    keep->kept.has_place = true;
    position.clock = now;
    control_log_put(keep->log, &position, on_claims_kept, claims);
}

void control_keep_settle(ControlKeep *keep, int32_t point_id, uint8_t slot, const char *command,
                         ControlOutcome outcome, const ControlShown *shown)
{
    ControlTime now;
    if (!keep->log)
        return;
    control_keep_now(&now);
    control_kept_settle(&keep->kept, point_id, slot, command, outcome, shown, &now);
    on_change(keep);
}

/* ---- what keep.h promises besides ---- */

static int32_t points_end(void *owner)
{
    const ControlKeep *keep = owner;
    return keep->options.points_end(keep->options.owner);
}

static bool is_untold(void *owner, const char *command)
{
    const ControlKeep *keep = owner;
    return keep->options.is_untold(keep->options.owner, command);
}

static void on_open(void *owner)
{
    const ControlKeep *keep = owner;
    keep->options.on_open(keep->options.owner);
}

ControlKeep *control_keep_new(const ControlKeepOptions *options)
{
    ControlKeep *keep = calloc(1, sizeof *keep);
    if (!keep)
        abort();
    keep->options = *options;
    keep->lock = -1;
    snprintf(keep->folder, sizeof keep->folder, "%s/control", options->data_folder);
    control_kept_init(&keep->kept, put_record, keep);
    keep->timer = loop_timer_new(options->loop, on_due, keep);
    keep->opens = loop_timer_new(options->loop, open_file, keep);
    keep->life = control_life_new(&(ControlLifeOptions){.loop = options->loop,
                                                        .pg = options->pg,
                                                        .site = options->site,
                                                        .kept = &keep->kept,
                                                        .poller = options->poller,
                                                        .owner = keep,
                                                        .now = now_of,
                                                        .points_end = points_end,
                                                        .on_open = on_open,
                                                        .is_untold = is_untold});
    keep->releases = control_releases_new(&(ControlReleasesOptions){.poller = options->poller,
                                                                    .kept = &keep->kept,
                                                                    .owner = keep,
                                                                    .now = now_of,
                                                                    .loop_now_us = loop_now_of,
                                                                    .take_point = take_point,
                                                                    .give_point = give_point,
                                                                    .may_write = may_write,
                                                                    .on_seen = on_seen,
                                                                    .on_change = on_change});
    open_file(keep);
    return keep;
}

void control_keep_close(ControlKeep *keep)
{
    if (keep->is_closed)
        return;
    keep->is_closed = true;
    control_releases_close(keep->releases);
    loop_timer_free(keep->timer);
    loop_timer_free(keep->opens);
    control_log_free(keep->log);
    keep->log = NULL;
    control_life_free(keep->life);
    keep->life = NULL;
    if (keep->lock >= 0)
        close(keep->lock);
}

void control_keep_free(ControlKeep *keep)
{
    if (!keep)
        return;
    control_keep_close(keep);
    control_releases_free(keep->releases);
    control_kept_done(&keep->kept);
    free(keep);
}

void control_keep_set(ControlKeep *keep, bool is_frozen)
{
    const bool is_other = keep->is_frozen != is_frozen;
    keep->is_frozen = is_frozen;
    if (is_other && keep->log)
        on_change(keep);
}

void control_keep_alone(ControlKeep *keep)
{
    keep->is_alone = true;
    if (keep->log)
        control_life_alone(keep->life);
}

void control_keep_lost(ControlKeep *keep)
{
    keep->is_alone = false;
    if (keep->life)
        control_life_lost(keep->life);
}

bool control_keep_is_open(const ControlKeep *keep)
{
    return keep->log && control_life_is_open(keep->life);
}

void control_keep_wake(ControlKeep *keep, uint32_t device_instance)
{
    ControlTime now;
    if (!keep->log)
        return;
    control_keep_now(&now);
    control_holds_wake(keep->kept.holds, device_instance, &now);
    on_change(keep);
}
