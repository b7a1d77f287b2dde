#include "apps/collect/control/file.h"

#include "base/random.h"
#include "tests/unit/apps/collect/control/a_hold.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/bacpipes-test-control.XXXXXX";
static const ControlFile file = {&spool_files, folder};

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    char path[sizeof folder + 16];
    (void)state;
    snprintf(path, sizeof path, "%s/holds", folder);
    unlink(path);
    return rmdir(folder); /* nothing else is left there */
}

/* ---- a disk that fails ---- */

static const char *failing;

static int fails(const char *call, int number)
{
    errno = number;
    return strcmp(failing, call) == 0;
}

static int open_or_fail(void *owner, const char *path, int flags)
{
    return fails("open", EACCES) ? -1 : spool_files.open(owner, path, flags);
}

static ssize_t write_or_fail(void *owner, int fd, const void *octets, size_t size)
{
    static int calls;
    if (fails("write", ENOSPC)) /* half of it fits */
        return calls++ % 2 == 0 && size > 1 ? spool_files.write(owner, fd, octets, size / 2)
                                            : (errno = ENOSPC, -1);
    return spool_files.write(owner, fd, octets, size);
}

static int sync_or_fail(void *owner, int fd)
{
    return fails("sync", EIO) ? -1 : spool_files.sync(owner, fd);
}

static int rename_or_fail(void *owner, const char *from, const char *to)
{
    return fails("rename", EIO) ? -1 : spool_files.rename(owner, from, to);
}

static SpoolFiles failing_files(const char *call)
{
    SpoolFiles files = spool_files;
    failing = call;
    files.open = open_or_fail;
    files.write = write_or_fail;
    files.sync = sync_or_fail;
    files.rename = rename_or_fail;
    return files;
}

/* ---- records ---- */

static void add(BpBuf *out, int64_t seq)
{
    const ControlTime clock = a_clock(BP_HOUR, 1000 * BP_HOUR, 1);
    control_record_write(
        out,
        &(ControlRecord){.kind = CONTROL_RECORD_POSITION, .clock = clock, .place = {.epoch = 5, .seq = seq}});
}

typedef struct Seen {
    size_t count;
    int64_t last;
} Seen;

static void see(void *context, const ControlRecord *record)
{
    Seen *seen = context;
    seen->count++;
    seen->last = record->place.seq;
}

static Seen read_file(void)
{
    Seen seen = {0};
    ControlFileSize size;
    BpError err;
    const BpStatus status = control_file_read(&file, see, &seen, &size, &err);
    assert_true(status == BP_OK || status == BP_NOT_FOUND);
    return seen;
}

static void a_file_cut_anywhere_is_read_up_to_there(void **state)
{
    (void)state;
    BpBuf lines = bp_buf_growing(1 << 20);
    for (int64_t seq = 1; seq <= 3; seq++)
        add(&lines, seq);
    const size_t line = lines.size / 3;
    for (size_t cut = 0; cut <= lines.size; cut++) {
        Seen seen = {0};
        const ControlFileSize size = control_file_walk((BpStr){(const char *)lines.data, cut}, see, &seen);
        assert_int_equal(seen.count, cut / line);
        assert_int_equal(size.torn, cut % line);
        assert_int_equal(size.wrong, 0);
    }
    for (size_t i = line; i < 2 * line - 1; i++) { /* one octet of the second is wrong */
        Seen seen = {0};
        lines.data[i] ^= 0x10;
        const ControlFileSize size = control_file_walk(bp_buf_text(&lines), see, &seen);
        assert_int_equal(seen.count, 2);
        assert_int_equal(seen.last, 3); /* what stands behind it is read */
        assert_true(size.wrong >= 1);
        assert_int_equal(size.torn, 0);
        lines.data[i] ^= 0x10;
    }
    bp_buf_done(&lines);
}

static void what_could_not_be_written_is_not_there(void **state)
{
    (void)state;
    static const char *const calls[] = {"open", "write", "sync", "rename"};
    BpBuf first = bp_buf_growing(1 << 20), next = bp_buf_growing(1 << 20);
    BpError err;
    add(&first, 1);
    for (int64_t seq = 2; seq <= 9; seq++)
        add(&next, seq);
    assert_int_equal(control_file_append(&file, bp_buf_text(&first), &err),
                     BP_UNAVAILABLE); /* there is none */
    assert_int_equal(control_file_write(&file, bp_buf_text(&first), &err), BP_OK);
    for (size_t i = 0; i < 4; i++) {
        const SpoolFiles files = failing_files(calls[i]);
        const ControlFile bad = {&files, folder};
        assert_int_equal(control_file_write(&bad, bp_buf_text(&next), &err), BP_UNAVAILABLE);
        assert_int_equal(read_file().last, 1);
        assert_int_equal(read_file().count, 1);
        if (i == 3)
            continue; /* appending renames nothing */
        assert_int_equal(control_file_append(&bad, bp_buf_text(&next), &err), BP_UNAVAILABLE);
        assert_non_null(strstr(err.text, folder));
        assert_int_equal(read_file().count, 1);
    }
    assert_int_equal(control_file_append(&file, bp_buf_text(&next), &err), BP_OK); /* there is room again */
    assert_int_equal(read_file().count, 9);
    bp_buf_done(&first);
    bp_buf_done(&next);
}

static void a_file_of_a_newer_version_is_left_alone(void **state)
{
    (void)state;
    BpBuf lines = bp_buf_growing(1 << 20);
    char text[] = "{\"k\":\"begin\",\"v\":2,\"boot\":\"b\",\"up\":1,\"at\":1}";
    Seen seen = {0};
    ControlFileSize size;
    BpError err;
    bp_buf_printf(&lines, "%016llx %s\n", (unsigned long long)bp_hash(text, strlen(text), 0), text);
    add(&lines, 1);
    assert_int_equal(control_file_write(&file, bp_buf_text(&lines), &err), BP_OK);
    assert_int_equal(control_file_read(&file, see, &seen, &size, &err), BP_UNSUPPORTED);
    assert_int_equal(seen.count, 0);
    assert_non_null(strstr(err.text, "newer"));
    bp_buf_done(&lines);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_cut_anywhere_is_read_up_to_there),
        cmocka_unit_test(what_could_not_be_written_is_not_there),
        cmocka_unit_test(a_file_of_a_newer_version_is_left_alone),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
