#include "apps/collect/control/checkpoint.h"

#include "base/buf.h"
#include "base/log.h"
#include "base/time.h"
#include "io/sign/key_file.h"
#include "journal/checkpoint.h"
#include "site/witness.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { PATH_OCTETS = 4096, RECORDS_A_STEP = 200, BODY_OCTETS_MAX = 64 * 1024 * 1024 };
static const int64_t LOOK_EVERY_US = 5 * BP_SECOND;
static const int64_t SIGN_AFTER_US = 20 * BP_SECOND; /* a minute is promised */
static const int64_t TRY_AGAIN_AFTER_US = 60 * BP_SECOND, TRY_AGAIN_AFTER_MOST_US = BP_HOUR;

static const char *const BROKEN = "journal.broken", *const NO_KEY = "journal.key";

struct ControlCheckpoints {
    ControlCheckpointsOptions options;
    Pg *pg;
    LoopTimer *look;
    SignKey *key;  /* NULL: there is none that can be used */
    SignKey *next; /* it is followed by this one, for which it has signed; NULL: by none */
    JournalHandover handover;
    bool has_logged_key, has_raised_key, has_logged_write;
    char folder[PATH_OCTETS];
    SiteWitnesses witnesses;
    struct Writing *writing; /* the file of what was signed; NULL: not just now */

    JournalPosition signed_at; /* what was signed last of this epoch; epoch 0: not known yet */
    JournalPosition verified;  /* from there on */
    bool begins_anywhere;      /* nothing was signed yet: the first record that is there is believed */
    int64_t unsigned_since_us; /* monotonic; 0: nothing is */
    int64_t again_after_us;    /* the chain is broken: 0: it is not */
    bool is_clear;             /* that no alarm of ours is raised was told to the database */
    BpBuf body;                /* of a record, while it is verified */
};

typedef struct Writing {
    ControlCheckpoints *checkpoints; /* NULL: it is gone */
    char path[PATH_OCTETS + 32];
    SiteWitnesses witnesses;
    BpError err;
    BpStatus status;
} Writing;

/* ---- telling ---- */

static void raise_alarm(ControlCheckpoints *checkpoints, const char *key, const char *text)
{
    const PgValue values[] = {pg_text(bp_str(checkpoints->options.site)), pg_text(bp_str(key)),
                              pg_text(bp_str("critical")), pg_text(bp_str(text))};
    checkpoints->is_clear = false;
    pg_request(checkpoints->pg, SQL_RAISE_ALARM, values, 4, NULL, NULL);
}

static void return_alarm(ControlCheckpoints *checkpoints, const char *key)
{
    const PgValue values[] = {pg_text(bp_str(checkpoints->options.site)), pg_text(bp_str(key))};
    pg_request(checkpoints->pg, SQL_RETURN_ALARM, values, 2, NULL, NULL);
}

static void look_again_after(ControlCheckpoints *checkpoints, int64_t after_us)
{
    loop_timer_set(checkpoints->look, loop_now_us(checkpoints->options.loop) + after_us);
}

/* ---- the key ---- */

static bool open_key(ControlCheckpoints *checkpoints)
{
    char path[PATH_OCTETS + 32];
    bool is_new = false;
    BpError err = {0};
    if (checkpoints->key)
        return true;
    snprintf(path, sizeof path, "%s/secrets", checkpoints->folder);
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        bp_fail(&err, BP_UNAVAILABLE, "%s: %s", path, bp_errno_text(errno));
    snprintf(path, sizeof path, "%s/secrets/journal.key", checkpoints->folder);
    if (err.status == BP_OK && sign_key_file_open(path, &checkpoints->key, &is_new, &err) == BP_OK) {
        if (is_new)
            bp_log(BP_LOG_INFO, "made the key that the journal is signed with: %s", path);
        snprintf(path, sizeof path, "%s/journal.pub", checkpoints->folder);
        if (sign_public_file_write(path, sign_key_public(checkpoints->key), &err) != BP_OK)
            bp_log(BP_LOG_WARNING, "%s", err.text);
        checkpoints->has_logged_key = checkpoints->has_raised_key = false;
        return true;
    }
    if (!checkpoints->has_logged_key)
        bp_log(BP_LOG_ERROR, "the journal is not signed: %s", err.text);
    checkpoints->has_logged_key = true;
    if (!checkpoints->has_raised_key && pg_is_connected(checkpoints->pg)) {
        raise_alarm(checkpoints, NO_KEY, "the journal is not signed: its key cannot be used");
        checkpoints->has_raised_key = true;
    }
    return false;
}

/* ---- another key, which `bacpipes audit key --renew` made ---- */

static bool has_file(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0;
}

static void look_for_next(ControlCheckpoints *checkpoints)
{
    char path[PATH_OCTETS + 32];
    bool is_new = false;
    BpError err;
    snprintf(path, sizeof path, "%s/secrets/journal.next", checkpoints->folder);
    if (checkpoints->next || !has_file(path))
        return;
    if (sign_key_file_open(path, &checkpoints->next, &is_new, &err) == BP_OK)
        journal_handover_sign(bp_str(checkpoints->options.site), checkpoints->key,
                              sign_key_public(checkpoints->next), &checkpoints->handover);
    else if (!checkpoints->has_logged_key)
        bp_log(BP_LOG_ERROR, "the journal is signed with the key that was: %s", err.text);
    checkpoints->has_logged_key = !checkpoints->next;
}

/* The journal says that it was handed over. The former key's public half stays, for what it has signed. */
static void take_next(ControlCheckpoints *checkpoints)
{
    char next[PATH_OCTETS + 32], path[PATH_OCTETS + 64], key[2 * SIGN_PUBLIC_SIZE + 1];
    BpError err = {0};
    snprintf(path, sizeof path, "%s/journal.pub.%.16s", checkpoints->folder,
             sign_hex(sign_key_public(checkpoints->key), SIGN_PUBLIC_SIZE, key));
    BpStatus status = sign_public_file_write(path, sign_key_public(checkpoints->key), &err);
    snprintf(next, sizeof next, "%s/secrets/journal.next", checkpoints->folder);
    snprintf(path, sizeof path, "%s/secrets/journal.key", checkpoints->folder);
    if (status == BP_OK && rename(next, path) != 0)
        status = bp_fail(&err, BP_UNAVAILABLE, "%s: %s", path, bp_errno_text(errno));
    if (status != BP_OK) {
        bp_log(BP_LOG_ERROR, "the key that the journal is signed with was not taken over: %s", err.text);
        return; /* the next checkpoint says it again */
    }
    sign_key_free(checkpoints->key);
    checkpoints->key = checkpoints->next;
    checkpoints->next = NULL;
    bp_log(BP_LOG_NOTICE,
           "the journal is signed with another key from here on, as the former one has signed: %s",
           sign_hex(sign_key_public(checkpoints->key), SIGN_PUBLIC_SIZE, key));
    snprintf(path, sizeof path, "%s/journal.pub", checkpoints->folder);
    if (sign_public_file_write(path, sign_key_public(checkpoints->key), &err) != BP_OK)
        bp_log(BP_LOG_WARNING, "%s", err.text);
}

/* ---- what was signed, outside the database ---- */

static void write_witnesses(void *job)
{
    Writing *writing = job;
    writing->status = site_witnesses_write(writing->path, &writing->witnesses, &writing->err);
}

static void on_written(void *job)
{
    Writing *writing = job;
    ControlCheckpoints *checkpoints = writing->checkpoints;
    if (checkpoints) {
        checkpoints->writing = NULL;
        if (writing->status != BP_OK && !checkpoints->has_logged_write)
            bp_log(BP_LOG_WARNING, "what was signed of the journal is in the database alone: %s",
                   writing->err.text);
        checkpoints->has_logged_write = writing->status != BP_OK;
    }
    free(writing);
}

static void keep_witness(ControlCheckpoints *checkpoints)
{
    site_witnesses_add(&checkpoints->witnesses, &checkpoints->signed_at, bp_wall_us());
    if (checkpoints->writing)
        return; /* the next time */
    Writing *writing = calloc(1, sizeof *writing);
    if (!writing)
        abort();
    writing->checkpoints = checkpoints;
    writing->witnesses = checkpoints->witnesses;
    snprintf(writing->path, sizeof writing->path, "%s/control/signed", checkpoints->folder);
    checkpoints->writing = writing;
    loop_work(checkpoints->options.loop, write_witnesses, on_written, writing);
}

static void read_witnesses(ControlCheckpoints *checkpoints)
{
    BpError err;
    char path[PATH_OCTETS + 32];
    snprintf(path, sizeof path, "%s/control", checkpoints->folder);
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        bp_log(BP_LOG_WARNING, "%s: %s", path, bp_errno_text(errno));
    snprintf(path, sizeof path, "%s/control/signed", checkpoints->folder);
    const BpStatus status = site_witnesses_read(path, &checkpoints->witnesses, &err);
    if (status == BP_OK || status == BP_NOT_FOUND)
        return;
    bp_log(BP_LOG_WARNING, "what was signed of the journal is read from the database alone: %s", err.text);
    checkpoints->witnesses.count = 0;
}

/* ---- signing ---- */

static void on_signed(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    ControlCheckpoints *checkpoints = context;
    (void)rows;
    if (status != BP_OK) {
        if (status != BP_UNAVAILABLE)
            bp_log(BP_LOG_WARNING, "a checkpoint of the journal was not taken: %s", err->text);
        checkpoints->signed_at.epoch = 0; /* whether it is there is not known: all is asked anew */
        look_again_after(checkpoints, LOOK_EVERY_US);
        return;
    }
    if (checkpoints->next)
        take_next(checkpoints);
    checkpoints->signed_at = checkpoints->verified;
    checkpoints->unsigned_since_us = 0;
    if (checkpoints->again_after_us)
        bp_log(BP_LOG_NOTICE, "the journal's chain holds again, up to seq %" PRId64 ": it is signed",
               checkpoints->signed_at.seq);
    checkpoints->again_after_us = 0;
    if (!checkpoints->is_clear) {
        return_alarm(checkpoints, BROKEN);
        return_alarm(checkpoints, NO_KEY);
        checkpoints->is_clear = true;
    }
    keep_witness(checkpoints);
    look_again_after(checkpoints, LOOK_EVERY_US);
}

static void sign(ControlCheckpoints *checkpoints)
{
    JournalCheckpoint made;
    char digest[2 * SIGN_DIGEST_SIZE + 1], key[2 * SIGN_PUBLIC_SIZE + 1],
        signature[2 * SIGN_SIGNATURE_SIZE + 1], former[2 * SIGN_PUBLIC_SIZE + 1],
        handed[2 * SIGN_SIGNATURE_SIZE + 1];
    const BpStr site = bp_str(checkpoints->options.site);
    const JournalHandover *handover = &checkpoints->handover;
    journal_checkpoint_sign(site, &checkpoints->verified,
                            checkpoints->next ? checkpoints->next : checkpoints->key, &made);
    const PgValue values[] = {pg_text(site),
                              pg_integer(made.position.epoch),
                              pg_integer(made.position.seq),
                              pg_text(bp_str(sign_hex(made.position.digest, SIGN_DIGEST_SIZE, digest))),
                              pg_text(bp_str(sign_hex(made.key, SIGN_PUBLIC_SIZE, key))),
                              pg_text(bp_str(sign_hex(made.signature, SIGN_SIGNATURE_SIZE, signature))),
                              pg_text(bp_str(sign_hex(handover->former, SIGN_PUBLIC_SIZE, former))),
                              pg_text(bp_str(sign_hex(handover->signature, SIGN_SIGNATURE_SIZE, handed)))};
    if (checkpoints->next)
        pg_request(checkpoints->pg, SQL_INSERT_KEY_HANDED, values, 8, on_signed, checkpoints);
    else
        pg_request(checkpoints->pg, SQL_INSERT_CHECKPOINT, values, 6, on_signed, checkpoints);
}

/* ---- verifying ---- */

static void break_off(ControlCheckpoints *checkpoints, int64_t seq)
{
    char text[BP_ERROR_TEXT_MAX];
    snprintf(text, sizeof text,
             "the journal was changed from outside: its entry %" PRId64 " of epoch %" PRId64
             " does not follow from seq %" PRId64
             ", so nothing behind that is signed; `bacpipes audit verify` tells more",
             seq, checkpoints->verified.epoch, checkpoints->verified.seq);
    if (checkpoints->again_after_us == 0) {
        bp_log(BP_LOG_ERROR, "%s", text);
        raise_alarm(checkpoints, BROKEN, text);
    }
    const int64_t twice_us = 2 * checkpoints->again_after_us;
    checkpoints->again_after_us = twice_us == 0                        ? TRY_AGAIN_AFTER_US
                                  : twice_us > TRY_AGAIN_AFTER_MOST_US ? TRY_AGAIN_AFTER_MOST_US
                                                                       : twice_us;
    look_again_after(checkpoints, checkpoints->again_after_us);
}

static bool take_record(ControlCheckpoints *checkpoints, const PgRows *rows, size_t row)
{
    JournalEntry entry = {.site = bp_str(checkpoints->options.site),
                          .epoch = checkpoints->verified.epoch,
                          .seq = pg_get_integer(rows, row, 0),
                          .kind = pg_get_text(rows, row, 1),
                          .at_us = pg_get_integer(rows, row, 2)};
    uint8_t right[SIGN_DIGEST_SIZE];
    const BpStr hex = pg_get_text(rows, row, 3);
    bp_buf_clear(&checkpoints->body);
    uint8_t *body = bp_buf_reserve(&checkpoints->body, hex.size / 2);
    if ((!body && hex.size) || !sign_from_hex(hex, body, hex.size / 2) ||
        !sign_from_hex(pg_get_text(rows, row, 4), entry.digest, SIGN_DIGEST_SIZE))
        return false;
    entry.body = bp_buf_text(&checkpoints->body);
    journal_entry_digest(&entry, checkpoints->verified.digest, right);
    const bool is_first_known =
        checkpoints->begins_anywhere && checkpoints->verified.seq == 0 && entry.seq > 1;
    if (!is_first_known && memcmp(right, entry.digest, sizeof right) != 0)
        return false;
    checkpoints->verified.seq = entry.seq;
    memcpy(checkpoints->verified.digest, entry.digest, sizeof entry.digest);
    return true;
}

static void verify_on(ControlCheckpoints *checkpoints);

static void on_records(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    ControlCheckpoints *checkpoints = context;
    if (status != BP_OK) {
        if (status != BP_UNAVAILABLE)
            bp_log(BP_LOG_WARNING, "the journal cannot be read, and is not signed: %s", err->text);
        look_again_after(checkpoints, LOOK_EVERY_US);
        return;
    }
    const size_t count = pg_row_count(rows);
    for (size_t i = 0; i < count; i++)
        if (!take_record(checkpoints, rows, i)) {
            break_off(checkpoints, pg_get_integer(rows, i, 0));
            return;
        }
    if (count == RECORDS_A_STEP)
        verify_on(checkpoints);
    else if (checkpoints->verified.seq > checkpoints->signed_at.seq ||
             (checkpoints->next && checkpoints->verified.seq > 0))
        sign(checkpoints);
    else
        look_again_after(checkpoints, LOOK_EVERY_US);
}

static void verify_on(ControlCheckpoints *checkpoints)
{
    const PgValue values[] = {pg_text(bp_str(checkpoints->options.site)),
                              pg_integer(checkpoints->verified.epoch), pg_integer(checkpoints->verified.seq),
                              pg_integer(RECORDS_A_STEP)};
    pg_request(checkpoints->pg, SQL_SELECT_JOURNAL_RECORDS, values, 4, on_records, checkpoints);
}

/* ---- where to begin in an epoch ---- */

static void begin_epoch(ControlCheckpoints *checkpoints, const JournalPosition *signed_at, int64_t epoch)
{
    checkpoints->begins_anywhere = !signed_at;
    checkpoints->signed_at = signed_at ? *signed_at : (JournalPosition){.epoch = epoch};
    checkpoints->unsigned_since_us = 0;
    look_again_after(checkpoints, 0);
}

/* A checkpoint in the database counts as much as its signature. */
static void on_last_checkpoint(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    ControlCheckpoints *checkpoints = context;
    const int64_t epoch = checkpoints->verified.epoch;
    JournalCheckpoint last;
    (void)err;
    if (status != BP_OK) {
        look_again_after(checkpoints, LOOK_EVERY_US);
        return;
    }
    const BpStr hex = pg_row_count(rows) ? pg_get_text(rows, 0, 0) : (BpStr){0};
    bp_buf_clear(&checkpoints->body);
    uint8_t *body = bp_buf_reserve(&checkpoints->body, hex.size / 2);
    const bool is_ours = body && hex.size && sign_from_hex(hex, body, hex.size / 2) &&
                         journal_checkpoint_read(bp_buf_text(&checkpoints->body), &last, NULL) == BP_OK &&
                         last.position.epoch == epoch &&
                         memcmp(last.key, sign_key_public(checkpoints->key), SIGN_PUBLIC_SIZE) == 0 &&
                         journal_checkpoint_is_signed(bp_str(checkpoints->options.site), &last);
    begin_epoch(checkpoints, is_ours ? &last.position : NULL, epoch);
}

static void find_beginning(ControlCheckpoints *checkpoints, int64_t epoch)
{
    const SiteWitness *witness = site_witness_of(&checkpoints->witnesses, epoch);
    const PgValue values[] = {pg_text(bp_str(checkpoints->options.site)), pg_integer(epoch)};
    checkpoints->verified = (JournalPosition){.epoch = epoch};
    if (witness)
        begin_epoch(checkpoints, &witness->position, epoch);
    else
        pg_request(checkpoints->pg, SQL_SELECT_LAST_CHECKPOINT, values, 2, on_last_checkpoint, checkpoints);
}

/* ---- looking whether there is something to sign ---- */

static void on_head(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    ControlCheckpoints *checkpoints = context;
    const int64_t now_us = loop_now_us(checkpoints->options.loop);
    (void)err;
    if (status != BP_OK || pg_row_count(rows) == 0) { /* no row: the site is not made yet */
        look_again_after(checkpoints, LOOK_EVERY_US);
        return;
    }
    const int64_t epoch = pg_get_integer(rows, 0, 0);
    const bool is_unsigned = pg_get_bool(rows, 0, 2);
    if (epoch != checkpoints->signed_at.epoch) {
        find_beginning(checkpoints, epoch);
        return;
    }
    if (!is_unsigned)
        checkpoints->unsigned_since_us = 0;
    else if (checkpoints->unsigned_since_us == 0)
        checkpoints->unsigned_since_us = now_us;
    if (checkpoints->next || (is_unsigned && now_us - checkpoints->unsigned_since_us >= SIGN_AFTER_US)) {
        checkpoints->verified = checkpoints->signed_at;
        verify_on(checkpoints);
    } else
        look_again_after(checkpoints, LOOK_EVERY_US);
}

static void look(void *owner)
{
    ControlCheckpoints *checkpoints = owner;
    const JournalPosition *signed_at = &checkpoints->signed_at;
    if (!pg_is_connected(checkpoints->pg) || !checkpoints->options.may_sign(checkpoints->options.owner)) {
        look_again_after(checkpoints, LOOK_EVERY_US);
        return;
    }
    if (!open_key(checkpoints)) {
        look_again_after(checkpoints, TRY_AGAIN_AFTER_US);
        return;
    }
    look_for_next(checkpoints);
    const PgValue values[] = {pg_text(bp_str(checkpoints->options.site)), pg_integer(signed_at->epoch),
                              pg_integer(signed_at->seq)};
    pg_request(checkpoints->pg, SQL_SELECT_JOURNAL_UNSIGNED, values, 3, on_head, checkpoints);
}

/* ---- what the header promises ---- */

ControlCheckpoints *control_checkpoints_new(const ControlCheckpointsOptions *options)
{
    ControlCheckpoints *checkpoints = calloc(1, sizeof *checkpoints);
    if (!checkpoints)
        abort();
    checkpoints->options = *options;
    checkpoints->body = bp_buf_growing(BODY_OCTETS_MAX);
    snprintf(checkpoints->folder, sizeof checkpoints->folder, "%s", options->data_folder);
    PgOptions database = *options->database;
    database.application_name = "bacpipes collect checkpoints";
    database.owner = checkpoints;
    database.on_connected = NULL;
    database.on_lost = NULL;
    database.on_notice = NULL;
    checkpoints->pg = pg_new(options->loop, &database);
    checkpoints->look = loop_timer_new(options->loop, look, checkpoints);
    (void)open_key(checkpoints);
    read_witnesses(checkpoints);
    look_again_after(checkpoints, BP_SECOND);
    return checkpoints;
}

void control_checkpoints_free(ControlCheckpoints *checkpoints)
{
    if (!checkpoints)
        return;
    if (checkpoints->writing)
        checkpoints->writing->checkpoints = NULL;
    pg_free(checkpoints->pg); /* answers what is under way, and so goes first */
    loop_timer_free(checkpoints->look);
    bp_buf_done(&checkpoints->body);
    sign_key_free(checkpoints->key);
    sign_key_free(checkpoints->next);
    free(checkpoints);
}
