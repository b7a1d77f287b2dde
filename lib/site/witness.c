#include "site/witness.h"

#include "base/parse.h"
#include "base/random.h"
#include "base/time.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { PATH_MAX_OCTETS = 4096, LINE_MAX_OCTETS = 16384, CHECKSUM_LETTERS = 16 };

/* A link is followed nowhere, and a pipe not waited for. */
static BpStatus open_file(const char *path, FILE **ret_file, BpError *err)
{
    const int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
    if (!file)
        return bp_fail(err, errno == ENOENT ? BP_NOT_FOUND : BP_UNAVAILABLE, "%s: %s", path,
                       bp_errno_text(errno));
    *ret_file = file;
    return BP_OK;
}

/* ---- what was signed ---- */

static bool read_witness(BpStr line, SiteWitness *ret_witness)
{
    BpStr rest;
    SiteWitness witness;
    const BpStr epoch = bp_str_cut(line, ' ', &rest), seq = bp_str_cut(rest, ' ', &rest),
                digest = bp_str_cut(rest, ' ', &rest);
    if (bp_parse_i64(epoch, 1, INT64_MAX, &witness.position.epoch, NULL) != BP_OK ||
        bp_parse_i64(seq, 1, INT64_MAX, &witness.position.seq, NULL) != BP_OK ||
        !sign_from_hex(digest, witness.position.digest, SIGN_DIGEST_SIZE) ||
        bp_parse_i64(rest, INT64_MIN, INT64_MAX, &witness.at_us, NULL) != BP_OK)
        return false;
    *ret_witness = witness;
    return true;
}

BpStatus site_witnesses_read(const char *path, SiteWitnesses *ret_witnesses, BpError *err)
{
    FILE *file = NULL;
    char line[LINE_MAX_OCTETS];
    bool is_whole = true;
    BP_TRY(open_file(path, &file, err));
    ret_witnesses->count = 0;
    while (is_whole && file && fgets(line, sizeof line, file)) {
        is_whole = ret_witnesses->count < SITE_WITNESS_MAX &&
                   read_witness(bp_str_trim(bp_str(line)), &ret_witnesses->items[ret_witnesses->count]);
        ret_witnesses->count += is_whole;
    }
    is_whole = is_whole && file && !ferror(file);
    if (file)
        fclose(file);
    return is_whole ? BP_OK
                    : bp_fail(err, BP_MALFORMED,
                              "%s: line %zu is damaged: bring it back from a copy, or move it away", path,
                              ret_witnesses->count + 1);
}

static int64_t day_of(int64_t at_us)
{
    return at_us / BP_DAY;
}

void site_witnesses_add(SiteWitnesses *witnesses, const JournalPosition *position, int64_t at_us)
{
    SiteWitness *last = witnesses->count ? &witnesses->items[witnesses->count - 1] : NULL;
    if (last && last->position.epoch == position->epoch && day_of(last->at_us) == day_of(at_us)) {
        *last = (SiteWitness){.position = *position, .at_us = at_us};
        return;
    }
    if (witnesses->count == SITE_WITNESS_MAX)
        memmove(&witnesses->items[0], &witnesses->items[1], --witnesses->count * sizeof *last);
    witnesses->items[witnesses->count++] = (SiteWitness){.position = *position, .at_us = at_us};
}

const SiteWitness *site_witness_of(const SiteWitnesses *witnesses, int64_t epoch)
{
    for (size_t i = witnesses->count; i-- > 0;)
        if (witnesses->items[i].position.epoch == epoch)
            return &witnesses->items[i];
    return NULL;
}

static bool write_lines(FILE *file, const SiteWitnesses *witnesses)
{
    char digest[2 * SIGN_DIGEST_SIZE + 1];
    for (size_t i = 0; i < witnesses->count; i++) {
        const SiteWitness *witness = &witnesses->items[i];
        fprintf(file, "%" PRId64 " %" PRId64 " %s %" PRId64 "\n", witness->position.epoch,
                witness->position.seq, sign_hex(witness->position.digest, SIGN_DIGEST_SIZE, digest),
                witness->at_us);
    }
    return fflush(file) == 0 && fsync(fileno(file)) == 0;
}

BpStatus site_witnesses_write(const char *path, const SiteWitnesses *witnesses, BpError *err)
{
    char draft[PATH_MAX_OCTETS + 32];
    snprintf(draft, sizeof draft, "%.*s.new", PATH_MAX_OCTETS, path);
    (void)unlink(draft); /* of a run that was cut short */
    const int fd = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
    if (!file)
        return bp_fail(err, BP_UNAVAILABLE, "%s: %s", draft, bp_errno_text(errno));
    bool is_whole = write_lines(file, witnesses);
    int number = errno;
    if (fclose(file) != 0 && is_whole) {
        is_whole = false;
        number = errno;
    }
    if (is_whole && rename(draft, path) != 0) {
        is_whole = false;
        number = errno;
    }
    if (!is_whole)
        (void)unlink(draft);
    return is_whole ? BP_OK : bp_fail(err, BP_UNAVAILABLE, "%s: %s", path, bp_errno_text(number));
}

/* ---- what the collector keeps ---- */

/* "CHECKSUM {"k":"position",...}": what is something else, or not whole, is passed over. */
static bool read_kept(BpStr line, JournalPosition *ret_position)
{
    char sum[CHECKSUM_LETTERS + 1];
    const char *kind, *digest;
    json_int_t epoch, seq;
    JournalPosition position = {0};
    if (line.size < CHECKSUM_LETTERS + 2)
        return false;
    const BpStr text = {line.data + CHECKSUM_LETTERS + 1, line.size - CHECKSUM_LETTERS - 1};
    snprintf(sum, sizeof sum, "%016" PRIx64, bp_hash(text.data, text.size, 0));
    if (memcmp(sum, line.data, CHECKSUM_LETTERS) != 0)
        return false;
    json_auto_t *json = json_loadb(text.data, text.size, 0, NULL);
    if (!json ||
        json_unpack(json, "{s:s, s:I, s:I, s:s}", "k", &kind, "epoch", &epoch, "seq", &seq, "digest",
                    &digest) != 0 ||
        strcmp(kind, "position") != 0 || !sign_from_hex(bp_str(digest), position.digest, SIGN_DIGEST_SIZE))
        return false;
    position.epoch = epoch;
    position.seq = seq;
    *ret_position = position;
    return true;
}

BpStatus site_kept_position(const char *path, JournalPosition *ret_position, BpError *err)
{
    FILE *file = NULL;
    char line[LINE_MAX_OCTETS];
    bool is_there = false;
    BP_TRY(open_file(path, &file, err));
    while (file && fgets(line, sizeof line, file)) {
        JournalPosition position;
        const BpStr text = bp_str_trim(bp_str(line));
        if (strstr(line, "\"position\"") && read_kept(text, &position)) {
            *ret_position = position;
            is_there = true;
        }
    }
    if (file)
        fclose(file);
    return is_there ? BP_OK : bp_fail(err, BP_NOT_FOUND, "%s says nothing of the journal", path);
}
