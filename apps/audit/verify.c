/* bacpipes audit verify: is the journal whole, and what does that prove? */
#include "apps/audit/audit.h"

#include "base/time.h"
#include "io/sign/key_file.h"
#include "journal/verifier.h"
#include "model/topic.h"
#include "say/begin.h"
#include "say/exit.h"
#include "say/json.h"
#include "say/progress.h"
#include "say/when.h"
#include "site/copy.h"
#include "site/witness.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { KEYS_MAX = 16, TOLD_MAX = 1000, FORGOTTEN_MAX = 100, PATH_OCTETS = 4200, PROGRESS_EVERY = 5000 };
#define UNSIGNED_TOO_LONG_US (5 * BP_MINUTE) /* a minute is promised */

static const char *site, *from_file;
static CfgTexts key_files;

static const CfgOption options[] = {
    {"from-file", "FILE",
     "Verify what `bacpipes audit --json` wrote, without a database; \"-\" is standard input.",
     .text = &from_file},
    {"key", "FILE",
     "The public key that checkpoints must be signed with: a copy of journal.pub. May be given several "
     "times, where the "
     "key has changed. Default: journal.pub of the data folder; of another site at a central the keys that "
     "it has seen.",
     .texts = &key_files},
    {"site", "SITE",
     "Whose journal, where the database has several sites. Default: the site of the settings.",
     .text = &site},
    {0},
};

static const CfgCommand command = {
    .name = "bacpipes audit verify",
    .summary = "Calculates the journal's chain anew and verifies its signatures: finds what was changed, cut "
               "out, put in or "
               "reordered by whoever has the database but not the folder secrets/ of the data folder.",
    .options = options,
    .offers_json = true,
    .details =
        "Each finding is a line with its epoch and seq. What is behind the last checkpoint is not signed "
        "yet, and said\n"
        "to be. Without --from-file it is also compared with what the collector keeps outside the database. "
        "Who has\n"
        "the secret key too can forge all of it: a copy of the export kept elsewhere is what helps then.\n"
        "Exit codes: 0 the journal is whole; 1 it is not;\n" SAY_EXIT_OF_DATABASE,
    .examples = "bacpipes audit verify\n"
                "bacpipes audit key >journal.pub\n"
                "bacpipes audit --json >journal.json\n"
                "bacpipes audit verify --from-file journal.json --key journal.pub",
};

typedef struct Finding {
    int64_t epoch, seq;
    const char *text;
} Finding;

typedef struct Verify {
    const CfgArguments *arguments;
    const Cfg *cfg;
    BpArena *arena;
    uint8_t keys[KEYS_MAX][SIGN_PUBLIC_SIZE];
    size_t key_count;
    const char *site;          /* NULL: not known yet, as the file says it */
    JournalVerifier *verifier; /* NULL: not begun */
    SiteWitnesses witnesses;   /* what the collector signed */
    JournalPosition kept;      /* where it saw the journal; seq 0: unknown */
    bool is_witnessed;
    SitePins pins; /* of a site elsewhere, as central has seen them */
    JournalForgotten forgotten[FORGOTTEN_MAX];
    size_t forgotten_count; /* all of them */
    AuditHead head;
    int64_t frames, about; /* -1: not counted */
    Finding findings[TOLD_MAX];
    size_t found, foreign; /* found: all of them; of other sites in the file */
    size_t claimed;        /* lives of which the file says that a central has forgotten their beginning */
    JournalVerified verified;
    int64_t taken;
} Verify;

/* ---- taking records ---- */

static void on_finding(void *owner, int64_t epoch, int64_t seq, const char *text)
{
    Verify *verify = owner;
    if (verify->found++ < TOLD_MAX)
        verify->findings[verify->found - 1] =
            (Finding){.epoch = epoch, .seq = seq, .text = bp_arena_text(verify->arena, bp_str(text))};
}

static void on_forgotten(void *owner, const JournalForgotten *forgotten)
{
    Verify *verify = owner;
    if (verify->forgotten_count++ < FORGOTTEN_MAX)
        verify->forgotten[verify->forgotten_count - 1] = *forgotten;
}

static void begin(Verify *verify, BpStr of_site)
{
    verify->site = bp_arena_text(verify->arena, of_site);
    verify->verifier = journal_verifier_new(
        &(JournalVerifierOptions){.site = bp_str(verify->site),
                                  .keys = (const uint8_t(*)[SIGN_PUBLIC_SIZE])verify->keys,
                                  .key_count = verify->key_count,
                                  .pins = verify->pins.items,
                                  .pin_count = verify->pins.count,
                                  .now_us = bp_wall_us(),
                                  .owner = verify,
                                  .on_finding = on_finding,
                                  .on_forgotten = on_forgotten});
    for (size_t i = 0; i < verify->witnesses.count; i++)
        journal_verifier_know(verify->verifier, &verify->witnesses.items[i].position,
                              verify->witnesses.items[i].at_us, "the collector signed it");
    journal_verifier_know(verify->verifier, &verify->kept, 0, "the collector saw it");
    journal_verifier_know(verify->verifier, &verify->head.position, 0, "table journal_head says");
}

static void take(void *owner, const JournalEntry *entry)
{
    Verify *verify = owner;
    if (!verify->verifier)
        begin(verify, entry->site);
    if (!bp_str_equal(entry->site, bp_str(verify->site))) {
        if (verify->foreign++ == 0)
            on_finding(verify, entry->epoch, entry->seq, "it is of another site: verify each by itself");
        return;
    }
    if (from_file && bp_str_equal(entry->kind, bp_str(AUDIT_PRUNED))) {
        JournalPosition behind = {.epoch = entry->epoch, .seq = entry->seq};
        memcpy(behind.digest, entry->digest, sizeof behind.digest);
        journal_verifier_pruned(verify->verifier, &behind);
        verify->claimed++;
        return;
    }
    journal_verifier_take(verify->verifier, entry);
    if (++verify->taken % PROGRESS_EVERY == 0) {
        if (verify->about >= verify->taken)
            say_progress("%" PRId64 " of about %" PRId64 " entries verified", verify->taken, verify->about);
        else
            say_progress("%" PRId64 " entries verified", verify->taken);
    }
}

/* ---- what is known beside the journal ---- */

static const char *path_of(const Verify *verify, const char *name)
{
    char path[PATH_OCTETS];
    snprintf(path, sizeof path, "%.4096s/%s", verify->cfg->data_folder, name);
    return bp_arena_text(verify->arena, bp_str(path));
}

/* A site elsewhere, whose journal this central has a copy of: neither its key nor its control folder is here.
 */
static bool is_elsewhere(const Verify *verify)
{
    return !from_file && site && strcmp(site, verify->cfg->site) != 0;
}

static BpStatus read_keys(Verify *verify, BpError *err)
{
    const char *ours = path_of(verify, "journal.pub");
    if (key_files.count > KEYS_MAX)
        return bp_fail(err, BP_INVALID, "--key is given more than %d times", KEYS_MAX);
    for (; verify->key_count < key_files.count; verify->key_count++) {
        const BpStatus status =
            sign_public_file_read(key_files.items[verify->key_count], verify->keys[verify->key_count], err);
        if (status != BP_OK)
            return err->status = BP_INVALID;
    }
    if (key_files.count || is_elsewhere(verify))
        return BP_OK;
    const BpStatus status = sign_public_file_read(ours, verify->keys[0], err);
    if (status == BP_OK)
        verify->key_count = sign_public_files_read(ours, verify->keys, KEYS_MAX);
    else if (status != BP_NOT_FOUND)
        return err->status = BP_INVALID;
    else if (from_file)
        return bp_fail(err, BP_INVALID,
                       "with which key? --key journal.pub, a copy of that file from the site's data folder "
                       "(`bacpipes audit key` shows it there)");
    return BP_OK;
}

/* Before the database is asked: so all that is known of is in it. */
static void read_witnesses(Verify *verify)
{
    BpError err;
    if (strcmp(verify->site, verify->cfg->site) != 0)
        return;
    const BpStatus read = site_witnesses_read(path_of(verify, "control/signed"), &verify->witnesses, &err);
    verify->is_witnessed = read == BP_OK && verify->witnesses.count > 0;
    if (read != BP_OK) {
        verify->witnesses.count = 0;
        if (read != BP_NOT_FOUND)
            fprintf(stderr, "%s: what the collector signed is not known outside the database\n", err.text);
    }
    const BpStatus kept = site_kept_position(path_of(verify, "control/holds"), &verify->kept, &err);
    if (kept != BP_OK) {
        verify->kept = (JournalPosition){0};
        if (kept != BP_NOT_FOUND)
            fprintf(stderr, "%s: where the collector saw the journal is not known\n", err.text);
    }
}

/* ---- what the verifier alone cannot know ---- */

static const SiteWitness *last_witness(const Verify *verify)
{
    return verify->is_witnessed ? site_witness_of(&verify->witnesses, verify->verified.epoch) : NULL;
}

static bool has_keys(const Verify *verify)
{
    return verify->key_count || verify->pins.count;
}

/* Each spell of a key that nobody vouches for, once. */
static void look_at_pins(Verify *verify)
{
    char text[BP_ERROR_TEXT_MAX];
    for (size_t i = 0; i < verify->pins.count; i++) {
        const JournalPin *pin = &verify->pins.items[i];
        BpBuf out = bp_buf((uint8_t *)text, sizeof text - 1);
        if (!pin->is_doubted)
            continue;
        site_pin_tell(pin, &out);
        text[out.size] = '\0';
        on_finding(verify, pin->epoch, pin->seq, text);
    }
}

static void look_at_signatures(Verify *verify)
{
    char text[BP_ERROR_TEXT_MAX], since[BP_TIME_TEXT_MAX];
    const JournalVerified *verified = &verify->verified;
    const SiteWitness *witness = last_witness(verify);
    const int64_t wall_us = bp_wall_us();
    /* What is elsewhere may have more that has not come yet. */
    const bool is_as_of_newest = from_file || (is_elsewhere(verify) && verified->newest_us < wall_us);
    const int64_t now_us = is_as_of_newest ? verified->newest_us : wall_us;
    look_at_pins(verify);
    if (!has_keys(verify) && verified->checkpoints && !is_elsewhere(verify))
        on_finding(verify, verified->epoch, 0,
                   "there are checkpoints, and no key to verify them with: say --key, a copy of journal.pub");
    else if (witness && witness->position.seq > verified->signed_seq) {
        snprintf(text, sizeof text,
                 "checkpoints were removed: the collector signed up to seq %" PRId64
                 ", and what is here is signed up to %" PRId64,
                 witness->position.seq, verified->signed_seq);
        on_finding(verify, verified->epoch, witness->position.seq, text);
    } else if (has_keys(verify) && !witness && verified->unsigned_records &&
               now_us - verified->unsigned_since_us > UNSIGNED_TOO_LONG_US) {
        snprintf(text, sizeof text,
                 "%" PRId64
                 " entries since %s are unsigned, which takes a minute as a rule: checkpoints were removed, "
                 "or no collector was there to sign",
                 verified->unsigned_records, say_time(verified->unsigned_since_us, 0, since));
        on_finding(verify, verified->epoch, verified->signed_seq + 1, text);
    }
}

/* ---- telling ---- */

static json_t *findings_json(const Verify *verify)
{
    json_t *list = json_array();
    for (size_t i = 0; i < verify->found && i < TOLD_MAX; i++)
        json_array_append_new(
            list, json_pack("{s:I, s:I, s:s}", "epoch", (json_int_t)verify->findings[i].epoch, "seq",
                            (json_int_t)verify->findings[i].seq, "text", verify->findings[i].text));
    return list;
}

static json_t *time_json(int64_t at_us)
{
    char time[BP_TIME_TEXT_MAX];
    return at_us ? json_string(bp_time_format(at_us, 6, time)) : json_null();
}

static json_t *forgotten_json(const Verify *verify)
{
    json_t *list = json_array();
    for (size_t i = 0; i < verify->forgotten_count && i < FORGOTTEN_MAX; i++) {
        const JournalForgotten *forgotten = &verify->forgotten[i];
        json_array_append_new(
            list, json_pack("{s:I, s:I, s:I, s:I, s:I}", "epoch", (json_int_t)forgotten->epoch, "behind_seq",
                            (json_int_t)forgotten->behind_seq, "entries", (json_int_t)forgotten->count,
                            "signed_seq", (json_int_t)forgotten->signed_seq, "next_epoch",
                            (json_int_t)forgotten->next_epoch));
    }
    return list;
}

static json_t *keys_json(const Verify *verify)
{
    char key[2 * SIGN_PUBLIC_SIZE + 1];
    json_t *keys = json_array();
    for (size_t i = 0; i < verify->key_count; i++)
        json_array_append_new(keys, json_string(sign_hex(verify->keys[i], SIGN_PUBLIC_SIZE, key)));
    for (size_t i = 0; i < verify->pins.count; i++)
        if (!verify->pins.items[i].is_doubted)
            json_array_append_new(keys,
                                  json_string(sign_hex(verify->pins.items[i].key, SIGN_PUBLIC_SIZE, key)));
    return keys;
}

static void tell_json(const Verify *verify)
{
    const JournalVerified *verified = &verify->verified;
    say_json_print(json_pack(
        "{s:b, s:s?, s:I, s:I, s:I, s:o, s:o, s:I, s:I, s:I, s:I, s:o, s:I, s:I, s:b, s:o, s:o, s:I, s:o}",
        "is_whole", verify->found == 0, "site_id", verify->site, "entries", (json_int_t)verified->records,
        "epochs", (json_int_t)verified->epochs, "checkpoints", (json_int_t)verified->checkpoints, "oldest",
        time_json(verified->oldest_us), "newest", time_json(verified->newest_us), "epoch",
        (json_int_t)verified->epoch, "last_seq", (json_int_t)verified->last_seq, "signed_seq",
        (json_int_t)verified->signed_seq, "unsigned", (json_int_t)verified->unsigned_records,
        "unsigned_since", time_json(verified->unsigned_records ? verified->unsigned_since_us : 0),
        "pruned_seq", (json_int_t)verified->pruned_seq, "pruned_epochs_unproven", (json_int_t)verify->claimed,
        "is_compared_outside", verify->is_witnessed || verify->kept.seq, "keys", keys_json(verify),
        "forgotten", forgotten_json(verify), "findings_count", (json_int_t)verify->found, "findings",
        findings_json(verify)));
}

static void tell_findings(const Verify *verify)
{
    for (size_t i = 0; i < verify->found && i < TOLD_MAX; i++) {
        const Finding *finding = &verify->findings[i];
        printf("epoch %" PRId64, finding->epoch);
        if (finding->seq)
            printf(" seq %" PRId64, finding->seq);
        printf(": %s\n", finding->text);
    }
    if (verify->found > TOLD_MAX)
        printf("... and %zu more\n", verify->found - TOLD_MAX);
}

static void tell_forgotten(const Verify *verify)
{
    for (size_t i = 0; i < verify->forgotten_count && i < FORGOTTEN_MAX; i++) {
        const JournalForgotten *forgotten = &verify->forgotten[i];
        const bool is_one = forgotten->count == 1;
        printf("epoch %" PRId64 ": %" PRId64 " entr%s", forgotten->epoch, forgotten->count,
               is_one ? "y" : "ies");
        if (forgotten->behind_seq)
            printf(" behind seq %" PRId64, forgotten->behind_seq);
        printf(" %s here that the site, put back to a former state, does not have any more. %s genuine by %s "
               "chain, "
               "and came before epoch %" PRId64 " began here; ",
               is_one ? "is" : "are", is_one ? "It is" : "They are", is_one ? "its" : "their",
               forgotten->next_epoch);
        if (forgotten->signed_seq > forgotten->behind_seq)
            printf("they are signed up to seq %" PRId64 ".\n", forgotten->signed_seq);
        else
            printf("no checkpoint signs for %s.\n", is_one ? "it" : "them");
    }
    if (verify->forgotten_count > FORGOTTEN_MAX)
        printf("... and %zu more epochs like that\n", verify->forgotten_count - FORGOTTEN_MAX);
}

/* By the keys that this central has seen. */
static void tell_pinned(const Verify *verify)
{
    char key[2 * SIGN_PUBLIC_SIZE + 1], seen[BP_TIME_TEXT_MAX];
    int64_t seen_us = 0;
    const JournalVerified *verified = &verify->verified;
    const JournalPin *pin = site_pins_last(&verify->pins, &seen_us);
    if (!pin)
        return;
    (void)sign_hex(pin->key, SIGN_PUBLIC_SIZE, key);
    if (verified->signed_seq)
        printf("Signed up to seq %" PRId64 " of epoch %" PRId64 " by %" PRId64 " checkpoint%s of key %s",
               verified->signed_seq, verified->epoch, verified->checkpoints,
               verified->checkpoints == 1 ? "" : "s", key);
    else
        printf("Nothing of its last epoch is signed yet. Its key is %s", key);
    printf(", which this central has from the site itself, since %s: `bacpipes audit key` at the site shows "
           "whether it is that.\n",
           say_time(seen_us, 0, seen));
}

static void tell_signed(const Verify *verify)
{
    char key[2 * SIGN_PUBLIC_SIZE + 1], since[BP_TIME_TEXT_MAX];
    const JournalVerified *verified = &verify->verified;
    if (verify->pins.count)
        tell_pinned(verify);
    else if (verify->key_count == 0 && is_elsewhere(verify) && verified->checkpoints == 0)
        printf("Nothing of it is signed yet.\n");
    else if (verify->key_count == 0 && is_elsewhere(verify))
        printf(
            "Its %" PRId64 " checkpoint%s could not be verified, since the key of site %s is not here: "
            "--key journal.pub, a copy of that file from the site's data folder (`bacpipes audit key` shows "
            "it there).\n",
            verified->checkpoints, verified->checkpoints == 1 ? "" : "s", verify->site);
    else if (verify->key_count == 0 && verify->site && strcmp(verify->site, MDL_SITE_CENTRAL) == 0)
        printf("A central signs nothing: whoever has its database may have written all of it anew. --site "
               "verifies what came from a site.\n");
    else if (verify->key_count == 0)
        printf("Nothing is signed, and there is no key yet (the collector makes it): whoever has the "
               "database may have "
               "written all of it anew.\n");
    else if (verified->signed_seq)
        printf("Signed up to seq %" PRId64 " of epoch %" PRId64 " by %" PRId64 " checkpoint%s of key %s%s.\n",
               verified->signed_seq, verified->epoch, verified->checkpoints,
               verified->checkpoints == 1 ? "" : "s", sign_hex(verify->keys[0], SIGN_PUBLIC_SIZE, key),
               verify->key_count > 1 ? " (or another that was given)" : "");
    else
        printf("Nothing is signed yet.\n");
    if (has_keys(verify) && verified->unsigned_records)
        printf("Unsigned: %" PRId64
               " entr%s behind the last checkpoint, since %s. Whoever has the database may have "
               "written those anew.\n",
               verified->unsigned_records, verified->unsigned_records == 1 ? "y" : "ies",
               say_time(verified->unsigned_since_us, 0, since));
}

static void tell_rest(const Verify *verify)
{
    const JournalVerified *verified = &verify->verified;
    if (verify->claimed)
        printf("The file says of %zu epoch%s that the central where it was written has forgotten the "
               "beginning, or "
               "all: no entry says so, and no signature. `bacpipes audit verify --site %s` there does.\n",
               verify->claimed, verify->claimed == 1 ? "" : "s", verify->site);
    else if (verified->pruned_seq)
        printf("It begins behind seq %" PRId64 ": what was before had been pruned, as an entry says.\n",
               verified->pruned_seq);
    if (verified->gaps && verify->frames >= 0)
        printf("%" PRId64
               " numbers between them are of frames of readings, which are not chained. With those "
               "behind the last entry %" PRId64 " frames are here.\n",
               verified->gaps, verify->frames);
    if (from_file && verify->found && verified->epochs > 1)
        printf(
            "Where this was exported at a central: what a site that was put back has forgotten is among the "
            "findings, since a file does not say how it came. `bacpipes audit verify --site %s` there tells "
            "it apart.\n",
            verify->site);
    if (is_elsewhere(verify))
        printf(
            "How it came is known to this database alone: what is not signed may have been written anew by "
            "whoever has that.\n");
    else if (!from_file && !verify->is_witnessed && !verify->kept.seq)
        printf("Nothing is known of it outside the database (%s/control): a cut end would not be noticed.\n",
               verify->cfg->data_folder);
}

static void tell(const Verify *verify)
{
    char oldest[BP_TIME_TEXT_MAX], newest[BP_TIME_TEXT_MAX];
    const JournalVerified *verified = &verify->verified;
    tell_findings(verify);
    tell_forgotten(verify);
    printf("The journal%s%s is %s: ", verify->site ? " of site " : "", verify->site ? verify->site : "",
           verify->found ? "NOT WHOLE" : "whole");
    if (verified->records)
        printf("%" PRId64 " entr%s from %s to %s in %" PRId64 " epoch%s", verified->records,
               verified->records == 1 ? "y" : "ies", say_time(verified->oldest_us, 0, oldest),
               say_time(verified->newest_us, 0, newest), verified->epochs, verified->epochs == 1 ? "" : "s");
    else
        printf("it has no entries");
    if (verify->found)
        printf(", %zu finding%s", verify->found, verify->found == 1 ? "" : "s");
    printf(".\n");
    tell_signed(verify);
    tell_rest(verify);
}

/* ---- all of it ---- */

static void count(void *context, const PgRows *rows, size_t row)
{
    *(int64_t *)context = pg_get_integer(rows, row, 0);
}

static BpStatus verify_database(Verify *verify, SiteDatabase *database, BpError *err)
{
    verify->site = site ? site : verify->cfg->site;
    const PgValue value = pg_text(bp_str(verify->site));
    read_witnesses(verify);
    BP_TRY(site_database_open(database, verify->cfg, verify->arena, err));
    BP_TRY(site_database_check_site(database, verify->site, err));
    BP_TRY(
        site_database_ask(database, SQL_SELECT_JOURNAL_HEAD, &value, 1, audit_take_head, &verify->head, err));
    BP_TRY(site_database_ask(database, SQL_COUNT_JOURNAL, NULL, 0, count, &verify->about, err));
    if (is_elsewhere(verify) && verify->key_count == 0)
        BP_TRY(site_database_ask(database, SQL_SELECT_SITE_KEYS, &value, 1, site_copy_take_pin, &verify->pins,
                                 err));
    begin(verify, bp_str(verify->site));
    if (is_elsewhere(verify))
        BP_TRY(site_database_ask(database, SQL_SELECT_JOURNAL_LIVES, &value, 1, site_copy_take_life,
                                 verify->verifier, err));
    BP_TRY(audit_walk(database, &(AuditWalk){.site = verify->site, .owner = verify, .each = take}, err));
    if (is_elsewhere(verify))
        BP_TRY(site_database_ask(database, SQL_SELECT_JOURNAL_LIVES, &value, 1, site_copy_take_end,
                                 verify->verifier, err));
    return site_database_ask(database, SQL_COUNT_FRAMES, &value, 1, count, &verify->frames, err);
}

static BpStatus carry_out(Verify *verify, SiteDatabase *database, BpError *err)
{
    BP_TRY(read_keys(verify, err));
    if (from_file)
        BP_TRY(audit_file_walk(from_file, verify, take, err));
    else
        BP_TRY(verify_database(verify, database, err));
    if (!verify->verifier || (from_file && !verify->taken && !verify->found))
        return bp_fail(err, BP_INVALID, "%s has no entries: `bacpipes audit --json` writes them", from_file);
    journal_verifier_end(verify->verifier, &verify->verified);
    look_at_signatures(verify);
    return BP_OK;
}

static int run(const CfgArguments *arguments, const Cfg *cfg, BpArena *arena)
{
    BpError err;
    SiteDatabase database = {0};
    Verify *verify = bp_arena_take(arena, sizeof *verify);
    verify->arguments = arguments;
    verify->cfg = cfg;
    verify->arena = arena;
    verify->frames = -1;
    const BpStatus status = carry_out(verify, &database, &err);
    say_progress_end();
    site_database_close(&database);
    journal_verifier_free(verify->verifier);
    if (status != BP_OK)
        site_pins_done(&verify->pins);
    if (status != BP_OK)
        return status == BP_NOT_FOUND ? say_fail_with(EX_USAGE, command.name, bp_str(err.text))
                                      : say_fail(command.name, &err);
    if (arguments->json)
        tell_json(verify);
    else
        tell(verify);
    site_pins_done(&verify->pins);
    return verify->found ? SAY_NOTHING : EX_OK;
}

int audit_verify(int argc, char **argv)
{
    return say_run(&command, argc, argv, run);
}
