#include "link/ledger.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/parse.h"
#include "base/time.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

enum { FILE_MAX = 256 * 1024 * 1024, SERIAL_LETTERS_MAX = 40, SITE_LETTERS_MAX = 63, LINE_MAX_OCTETS = 256 };

static bool is_serial(BpStr text)
{
    for (size_t i = 0; i < text.size; i++)
        if (!strchr("0123456789abcdef", text.data[i]))
            return false;
    return text.size > 0 && text.size <= SERIAL_LETTERS_MAX;
}

static bool read_line(BpStr line, BpArena *arena, LinkEntry *ret_entry)
{
    BpStr rest;
    LinkEntry entry = {0};
    int64_t until_s = 0;
    const BpStr serial = bp_str_cut(line, ' ', &rest);
    const bool has_number =
        bp_parse_i64(bp_str_cut(rest, ' ', &rest), 1, INT32_MAX, &entry.number, NULL) == BP_OK;
    const bool has_until =
        bp_parse_i64(bp_str_cut(rest, ' ', &rest), 0, INT64_MAX / BP_SECOND, &until_s, NULL) == BP_OK;
    const BpStr site = bp_str_cut(rest, ' ', &rest);
    if (!is_serial(serial) || !has_number || !has_until || !site.size || site.size > SITE_LETTERS_MAX)
        return false;
    entry.serial = bp_arena_text(arena, serial);
    entry.site_id = bp_arena_text(arena, site);
    entry.until_us = until_s * BP_SECOND;
    entry.is_join_file = bp_str_equal(rest, bp_str("join"));
    *ret_entry = entry;
    return true;
}

static void add(LinkLedger *ledger, bool is_revoked, const LinkEntry *entry)
{
    LinkEntry **items = is_revoked ? &ledger->revoked : &ledger->issued;
    size_t *count = is_revoked ? &ledger->revoked_count : &ledger->issued_count;
    size_t *room = is_revoked ? &ledger->revoked_room : &ledger->issued_room;
    *items = bp_arena_grow(&ledger->arena, *items, *count, room, sizeof **items);
    (*items)[(*count)++] = *entry;
}

static const char *path_of(const LinkLedger *ledger, bool is_revoked, char ret_path[PATH_MAX])
{
    snprintf(ret_path, PATH_MAX, "%s/%s", ledger->folder, is_revoked ? "revoked" : "issued");
    return ret_path;
}

static BpStatus read_file(LinkLedger *ledger, bool is_revoked, BpError *err)
{
    char path[PATH_MAX];
    BpStr left = {0};
    LinkEntry entry;
    const BpStatus status =
        bp_file_read(path_of(ledger, is_revoked, path), FILE_MAX, &ledger->arena, &left, err);
    if (status != BP_OK)
        return status == BP_NOT_FOUND ? BP_OK : status;
    while (left.size)
        if (read_line(bp_str_cut(left, '\n', &left), &ledger->arena, &entry))
            add(ledger, is_revoked, &entry);
    return BP_OK;
}

BpStatus link_ledger_open(const char *folder, LinkLedger *ret_ledger, BpError *err)
{
    *ret_ledger = (LinkLedger){.folder = folder};
    BP_TRY(read_file(ret_ledger, false, err));
    return read_file(ret_ledger, true, err);
}

void link_ledger_done(LinkLedger *ledger)
{
    bp_arena_done(&ledger->arena);
    *ledger = (LinkLedger){0};
}

/* Behind a line that was cut short another begins. */
static BpStatus append(const char *path, BpStr text, BpError *err)
{
    char last = '\n';
    const int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return bp_fail(err, BP_UNAVAILABLE, "%s cannot be written: %s", path, bp_errno_text(errno));
    const off_t end = lseek(fd, 0, SEEK_END);
    bool is_done = end >= 0 && (end == 0 || pread(fd, &last, 1, end - 1) == 1);
    is_done = is_done && (last == '\n' || write(fd, "\n", 1) == 1);
    is_done = is_done && write(fd, text.data, text.size) == (ssize_t)text.size && fsync(fd) == 0;
    const int number = errno;
    close(fd);
    bp_file_sync_folder(path);
    return is_done ? BP_OK
                   : bp_fail(err, BP_UNAVAILABLE, "%s cannot be written: %s", path, bp_errno_text(number));
}

static BpStatus keep(LinkLedger *ledger, bool is_revoked, const LinkEntry *entry, BpError *err)
{
    char path[PATH_MAX], memory[LINE_MAX_OCTETS];
    BpBuf line = bp_buf(memory, sizeof memory);
    bp_buf_printf(&line, "%s %lld %lld %s%s\n", entry->serial, (long long)entry->number,
                  (long long)(entry->until_us / BP_SECOND), entry->site_id,
                  is_revoked            ? ""
                  : entry->is_join_file ? " join"
                                        : " site");
    BP_TRY(append(path_of(ledger, is_revoked, path), bp_buf_text(&line), err));
    LinkEntry kept = *entry;
    kept.serial = bp_arena_text(&ledger->arena, bp_str(entry->serial));
    kept.site_id = bp_arena_text(&ledger->arena, bp_str(entry->site_id));
    add(ledger, is_revoked, &kept);
    return BP_OK;
}

BpStatus link_ledger_issue(LinkLedger *ledger, const LinkEntry *entry, BpError *err)
{
    return keep(ledger, false, entry, err);
}

static bool is_revoked(const LinkLedger *ledger, const char *serial)
{
    for (size_t i = 0; i < ledger->revoked_count; i++)
        if (strcmp(ledger->revoked[i].serial, serial) == 0)
            return true;
    return false;
}

BpStatus link_ledger_revoke(LinkLedger *ledger, int64_t number, int64_t now_us, BpError *err)
{
    for (size_t i = 0; i < ledger->issued_count; i++) {
        const LinkEntry *entry = &ledger->issued[i];
        if (entry->number == number && entry->until_us > now_us && !is_revoked(ledger, entry->serial))
            BP_TRY(keep(ledger, true, entry, err));
    }
    return BP_OK;
}

int64_t link_ledger_last_number(const LinkLedger *ledger)
{
    int64_t last = 0;
    for (size_t i = 0; i < ledger->issued_count; i++)
        last = ledger->issued[i].number > last ? ledger->issued[i].number : last;
    return last;
}

bool link_ledger_counts(const LinkLedger *ledger, int64_t now_us)
{
    for (size_t i = 0; i < ledger->issued_count; i++)
        if (ledger->issued[i].until_us > now_us && !is_revoked(ledger, ledger->issued[i].serial))
            return true;
    return false;
}

const char *link_ledger_owner(const LinkLedger *ledger, int64_t number)
{
    for (size_t i = 0; i < ledger->issued_count; i++)
        if (ledger->issued[i].number == number)
            return ledger->issued[i].site_id;
    return NULL;
}
