/* The file that control keeps, as it lies on disk. An even first octet: the rest is the file. An odd one: the
 * rest is lines that get their checksums here, for a fuzzer does not find those; each ends at an octet 0. */
#include "apps/collect/control/file.h"
#include "apps/collect/control/kept.h"
#include "base/random.h"

#include <assert.h>
#include <inttypes.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OCTETS_MAX = 64 * 1024 * 1024 };

static void put(void *owner, const ControlRecord *record)
{
    control_record_write(owner, record);
}

/* A record that was read is written and read again as the same. */
static void take_record(void *context, const ControlRecord *record)
{
    BpBuf once = bp_buf_growing(OCTETS_MAX), twice = bp_buf_growing(OCTETS_MAX);
    ControlRecord again;
    control_record_write(&once, record);
    assert(!once.failed && once.size > 0);
    if (once.size - 1 <= CONTROL_LINE_MAX) {
        const BpStatus status =
            control_record_read((BpStr){(const char *)once.data, once.size - 1}, &again, NULL);
        assert(status == BP_OK && again.kind == record->kind);
        control_record_write(&twice, &again);
        assert(bp_str_equal(bp_buf_text(&once), bp_buf_text(&twice)));
    }
    bp_buf_done(&once);
    bp_buf_done(&twice);
    control_kept_apply(context, record);
}

/* Whatever it says, a run begins with it, and what it writes then is read again without loss. */
static void begin_with(BpStr octets)
{
    BpBuf put_down = bp_buf_growing(OCTETS_MAX), anew = bp_buf_growing(OCTETS_MAX);
    const ControlTime now = {.boot_us = 1000, .wall_us = 1795488719000001, .boot = "now"};
    ControlKept kept, again;
    control_kept_init(&kept, put, &put_down);
    const ControlFileSize walked = control_file_walk(octets, take_record, &kept);
    assert(walked.octets == octets.size && walked.torn <= octets.size);
    control_holds_check(kept.holds);
    control_kept_begin(&kept, &now);
    control_holds_check(kept.holds);
    control_kept_write_all(&kept, &now, &anew);
    control_kept_init(&again, put, &put_down);
    const ControlFileSize read = control_file_walk(bp_buf_text(&anew), take_record, &again);
    assert(read.torn == 0 && read.wrong == 0);
    assert(control_holds_count(again.holds) == control_holds_count(kept.holds));
    assert(control_holds_next_due_us(again.holds, &now) == control_holds_next_due_us(kept.holds, &now));
    control_kept_done(&kept);
    control_kept_done(&again);
    bp_buf_done(&put_down);
    bp_buf_done(&anew);
}

static void add_checksums(BpStr rest, BpBuf *out)
{
    while (rest.size > 0) {
        const BpStr line = bp_str_cut(rest, '\0', &rest);
        bp_buf_printf(out, "%016" PRIx64 " ", bp_hash(line.data, line.size, 0));
        bp_buf_str(out, line);
        bp_buf_u8(out, '\n');
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0 || size > 1024 * 1024)
        return 0;
    const BpStr rest = {(const char *)data + 1, size - 1};
    if (data[0] % 2 == 0) {
        begin_with(rest);
        return 0;
    }
    BpBuf octets = bp_buf_growing(OCTETS_MAX);
    add_checksums(rest, &octets);
    begin_with(bp_buf_text(&octets));
    bp_buf_done(&octets);
    return 0;
}
