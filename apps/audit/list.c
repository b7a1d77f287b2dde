/* bacpipes audit: the journal's entries as sentences, as CSV or as JSON. */
#include "apps/audit/audit.h"
#include "record/sentence.h"

#include "base/parse.h"
#include "base/time.h"
#include "say/begin.h"
#include "say/exit.h"
#include "say/progress.h"
#include "say/table.h"
#include "say/when.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>

enum { SENTENCE_MAX = 1024 * 1024 };
#define SHOWN_BY_ITSELF_US BP_DAY
#define FOLLOW_EVERY_US    BP_SECOND

static const char *site, *point, *device, *source, *who, *since, *until, *epoch;
static CfgTexts kinds;
static bool csv, follow;

static const CfgOption options[] = {
    {"point", "POINT", "Only what is about this point: a name, a part of one, or a number.", .text = &point},
    {"device", "DEVICE", "Only what is about this device or its points.", .text = &device},
    {"source", "SOURCE", "Only commands of this source (`bacpipes source list`), and what became of them.",
     .text = &source},
    {"who", "TEXT", "Only entries with this in the name of who did it.", .text = &who},
    {"kind", "KIND",
     "Only entries of this kind: device, point, setting, device_status, command, command_event, alarm, "
     "audit, checkpoint, epoch. May be given several times.",
     .texts = &kinds},
    {"since", "TIME",
     "From then on: a time, or this long ago (2h, 7d). Default: 24h; of --csv, --json and --epoch the "
     "beginning.",
     .text = &since},
    {"until", "TIME", "Up to then. Default: now.", .text = &until},
    {"epoch", "EPOCH", "Only this life of the database.", .text = &epoch},
    {"site", "SITE",
     "Whose journal, where the database has several sites. Default: the site of the settings.",
     .text = &site},
    {"follow", NULL, "Go on with what is added, until Ctrl-C.", .flag = &follow},
    {"csv", NULL, "Write CSV.", .flag = &csv},
    {0},
};

static const CfgCommand command = {
    .name = "bacpipes audit",
    .summary =
        "Shows who did what: commands and what became of them, changes of points, devices and settings, "
        "alarms. "
        "`bacpipes audit verify` proves that nothing of it was changed, `bacpipes audit key` shows the "
        "key for that.",
    .options = options,
    .offers_json = true,
    .details = "With --json it writes one entry a line; `bacpipes audit verify --from-file` verifies that "
               "elsewhere. Text in\n"
               "CSV that a spreadsheet would take for a formula has a ' in front. Checkpoints are shown in "
               "CSV and JSON, or\n"
               "where --kind asks for them.\n" SAY_TIMES_HELP
               "Exit codes: 0 fine; 1 nothing found;\n" SAY_EXIT_OF_DATABASE,
    .examples = "bacpipes audit\n"
                "bacpipes audit --point AHU-1/SAT --since 7d\n"
                "bacpipes audit --who alice --kind command --kind command_event --since 30d --csv\n"
                "bacpipes audit --json >journal.json",
};

typedef struct List {
    bool json;
    RecordNames names;
    RecordSpeaker *speaker;
    int64_t point_id, device_id; /* 0: any */
    AuditWalk walk;
    int64_t last_epoch, last_seq; /* what was seen */
    size_t count, seen;
    BpBuf sentence;
} List;

/* ---- which ---- */

static bool is_wanted_kind(const List *list, BpStr kind)
{
    if (kinds.count == 0)
        return list->json || csv || !bp_str_equal(kind, bp_str("checkpoint"));
    for (size_t i = 0; i < kinds.count; i++)
        if (bp_str_equal(kind, bp_str(kinds.items[i])))
            return true;
    return false;
}

/* Not all that is in an epoch. */
static bool is_chosen(void)
{
    return point || device || source || who || kinds.count || until || since;
}

static bool is_wanted(const List *list, const JournalEntry *entry, const RecordAbout *about)
{
    return is_wanted_kind(list, entry->kind) && (!list->point_id || list->point_id == about->point_id) &&
           (!list->device_id || list->device_id == about->device_id) &&
           (!source || (about->source && strcmp(source, about->source) == 0)) &&
           (!who || (about->who && strstr(about->who, who)));
}

/* ---- telling ---- */

/* A spreadsheet would calculate what begins so. */
static void print_csv_text(BpStr text, bool is_last)
{
    char memory[4096];
    const bool is_formula = text.size && strchr("=+-@\t\r", text.data[0]);
    BpBuf out = bp_buf_growing(SENTENCE_MAX + sizeof memory);
    bp_buf_printf(&out, "%s", is_formula ? "'" : "");
    record_plain(&out, text);
    say_csv_text(bp_buf_text(&out), stdout);
    putchar(is_last ? '\n' : ',');
    bp_buf_done(&out);
}

static void print_csv(const JournalEntry *entry, const AuditLine *line)
{
    char time[BP_TIME_TEXT_MAX];
    printf("%s,%" PRId64 ",%" PRId64 ",", bp_time_format(entry->at_us, 6, time), entry->epoch, entry->seq);
    print_csv_text(entry->kind, false);
    print_csv_text(bp_str(line->who), false);
    print_csv_text(bp_str(line->source), false);
    print_csv_text(bp_str(line->point), false);
    print_csv_text(bp_str(line->text), true);
}

static void tell(const List *list, const JournalEntry *entry, const AuditLine *line)
{
    char time[BP_TIME_TEXT_MAX];
    if (list->json)
        audit_line_print(entry, line);
    else if (csv)
        print_csv(entry, line);
    else
        printf("%s  %s\n", say_time(entry->at_us, 0, time), line->text);
}

static void take(void *owner, const JournalEntry *entry)
{
    List *list = owner;
    json_auto_t *body = json_loadb(entry->body.data, entry->body.size, JSON_REJECT_DUPLICATES, NULL);
    const RecordAbout about = record_about(list->speaker, entry, body);
    bp_buf_clear(&list->sentence);
    record_sentence(list->speaker, entry, body, &list->sentence);
    bp_buf_u8(&list->sentence, '\0');
    list->last_epoch = entry->epoch;
    list->last_seq = entry->seq;
    if (++list->seen % 10000 == 0)
        say_progress("%zu entries", list->seen);
    if (!is_wanted(list, entry, &about))
        return;
    const RecordName *named = about.point_id ? record_names_point(&list->names, about.point_id) : NULL;
    char name[256] = "";
    if (named)
        (void)bp_str_copy(named->name, name, sizeof name);
    say_progress_end();
    tell(
        list, entry,
        &(AuditLine){.text = list->sentence.failed ? "(longer than 1 MB)" : (const char *)list->sentence.data,
                     .who = about.who,
                     .source = about.source,
                     .point = named ? name : NULL,
                     .point_id = about.point_id});
    list->count++;
}

/* What verifies it elsewhere has to know. */
static void take_life(void *context, const PgRows *rows, size_t row)
{
    const List *list = context;
    JournalPosition behind = {.epoch = pg_get_integer(rows, row, 0), .seq = pg_get_integer(rows, row, 3) - 1};
    if (behind.seq > 0 && (!list->walk.epoch || list->walk.epoch == behind.epoch) &&
        sign_from_hex(pg_get_text(rows, row, 4), behind.digest, SIGN_DIGEST_SIZE))
        audit_pruned_print(list->walk.site, &behind);
}

/* ---- following ---- */

static volatile sig_atomic_t is_over;

static void on_signal(int number)
{
    (void)number;
    is_over = 1;
}

/* New entries are behind the last one of its epoch, or in an epoch that was not there. */
static BpStatus follow_on(List *list, SiteDatabase *database, BpError *err)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    const PgValue value = pg_text(bp_str(list->walk.site));
    fflush(stdout);
    while (!is_over) {
        const int64_t until_us = loop_now_us(database->loop) + FOLLOW_EVERY_US;
        while (!is_over && loop_now_us(database->loop) < until_us)
            loop_run_once(database->loop, BP_SECOND / 5);
        AuditHead head = {0};
        BP_TRY(site_database_ask(database, SQL_SELECT_JOURNAL_HEAD, &value, 1, audit_take_head, &head, err));
        if (head.position.epoch != list->last_epoch && !list->walk.epoch) {
            list->last_epoch = head.position.epoch;
            list->last_seq = 0;
        }
        AuditWalk walk = list->walk;
        walk.epoch = list->last_epoch;
        walk.behind_seq = list->last_seq;
        if (head.position.seq > list->last_seq)
            BP_TRY(audit_walk(database, &walk, err));
        fflush(stdout);
    }
    return BP_OK;
}

/* ---- all of it ---- */

static BpStatus settle(List *list, const Cfg *cfg, BpError *err)
{
    const int64_t now_us = bp_wall_us();
    list->walk = (AuditWalk){.site = site ? site : cfg->site, .owner = list, .each = take};
    if (epoch)
        BP_TRY(bp_parse_i64(bp_str(epoch), 1, INT64_MAX, &list->walk.epoch, err));
    if (since)
        BP_TRY(say_when("since", since, now_us, &list->walk.since_us, err));
    else if (!csv && !list->json && !epoch)
        list->walk.since_us = now_us - SHOWN_BY_ITSELF_US;
    if (until)
        BP_TRY(say_when("until", until, now_us, &list->walk.until_us, err));
    if (until && follow)
        return bp_fail(err, BP_INVALID, "--until and --follow exclude each other");
    static const char *const known[] = {"device",        "point", "setting", "device_status", "command",
                                        "command_event", "alarm", "audit",   "checkpoint",    "epoch"};
    for (size_t i = 0; i < kinds.count; i++) {
        bool is_known = false;
        for (size_t k = 0; k < sizeof known / sizeof known[0]; k++)
            is_known = is_known || strcmp(known[k], kinds.items[i]) == 0;
        if (!is_known)
            return bp_fail(
                err, BP_INVALID,
                "no kind is called \"%.32s\": there are device, point, setting, device_status, command, "
                "command_event, alarm, audit, checkpoint, epoch",
                kinds.items[i]);
    }
    return BP_OK;
}

static BpStatus show(List *list, SiteDatabase *database, const Cfg *cfg, BpArena *arena, BpError *err)
{
    BP_TRY(site_database_open(database, cfg, arena, err));
    BP_TRY(site_database_check_site(database, list->walk.site, err));
    BP_TRY(record_names_read(database, list->walk.site, arena, &list->names, err));
    if (point)
        BP_TRY(record_names_find(&list->names, false, point, &list->point_id, err));
    if (device)
        BP_TRY(record_names_find(&list->names, true, device, &list->device_id, err));
    list->speaker = record_speaker_new(&list->names);
    if (csv)
        printf("time,epoch,seq,kind,who,source,point,text\n");
    const PgValue of_site = pg_text(bp_str(list->walk.site));
    if (list->json && !is_chosen())
        BP_TRY(site_database_ask(database, SQL_SELECT_JOURNAL_LIVES, &of_site, 1, take_life, list, err));
    BP_TRY(audit_walk(database, &list->walk, err));
    say_progress_end();
    return follow ? follow_on(list, database, err) : BP_OK;
}

static void tell_nothing(const List *list)
{
    const bool is_filtered = is_chosen() || epoch;
    if (list->json || csv)
        return;
    if (!is_filtered)
        fprintf(stderr, "Nothing was done in the last 24 hours: --since 30d looks further back.\n");
    else
        fprintf(stderr, "Nothing of the kind is in the journal%s.\n",
                since || epoch ? "" : " of the last 24 hours: --since 30d looks further back");
}

static int run(const CfgArguments *arguments, const Cfg *cfg, BpArena *arena)
{
    BpError err;
    SiteDatabase database = {0};
    List list = {.json = arguments->json, .sentence = bp_buf_growing(SENTENCE_MAX)};
    BpStatus status = settle(&list, cfg, &err);
    if (status == BP_OK)
        status = show(&list, &database, cfg, arena, &err);
    site_database_close(&database);
    record_speaker_free(list.speaker);
    bp_buf_done(&list.sentence);
    say_progress_end();
    if (status != BP_OK)
        return say_fail(command.name, &err);
    if (list.count == 0 && !follow)
        tell_nothing(&list);
    return list.count || follow ? EX_OK : SAY_NOTHING;
}

int audit_list(int argc, char **argv)
{
    return say_run(&command, argc, argv, run);
}
