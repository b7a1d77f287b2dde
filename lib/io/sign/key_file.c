#include "io/sign/key_file.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_MAX_OCTETS = 4096, LINE_MAX_OCTETS = 2 * SIGN_SEED_SIZE + 2, PRIVATE = 0600, PUBLIC = 0644 };

/* ---- reading ---- */

/* A link is followed nowhere, and a pipe not waited for. */
static BpStatus read_line(const char *path, bool is_secret, char ret_line[LINE_MAX_OCTETS], size_t *ret_size,
                          BpError *err)
{
    struct stat status;
    ssize_t size = -1;
    const int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return bp_fail(err, errno == ENOENT ? BP_NOT_FOUND : BP_UNAVAILABLE, "%s: %s", path,
                       bp_errno_text(errno));
    const bool is_file = fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
    if (is_file && status.st_size < LINE_MAX_OCTETS)
        size = read(fd, ret_line, LINE_MAX_OCTETS - 1);
    close(fd);
    if (is_file && is_secret && status.st_mode & 077)
        return bp_fail(err, BP_INVALID, "%s may be read by others (mode %04o): chmod 600 it, if nobody has",
                       path, status.st_mode & 07777);
    *ret_size = size < 0 ? 0 : (size_t)size;
    return BP_OK;
}

static BpStatus read_key(const char *path, bool is_secret, uint8_t ret_octets[SIGN_SEED_SIZE], BpError *err)
{
    char line[LINE_MAX_OCTETS];
    size_t size = 0;
    BP_TRY(read_line(path, is_secret, line, &size, err));
    const bool is_key = sign_from_hex(bp_str_trim((BpStr){line, size}), ret_octets, SIGN_SEED_SIZE);
    sign_wipe(line, sizeof line);
    return is_key ? BP_OK
                  : bp_fail(err, BP_INVALID,
                            "%s is no key: one line of %d hexadecimal digits would be; bring the file back "
                            "from a copy, or move it away and another is made",
                            path, 2 * SIGN_SEED_SIZE);
}

/* ---- writing ---- */

static BpStatus write_draft(const char *draft, const uint8_t octets[SIGN_SEED_SIZE], mode_t mode,
                            BpError *err)
{
    char line[LINE_MAX_OCTETS];
    (void)unlink(draft); /* of a start that was cut short */
    const int fd = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    if (fd < 0)
        return bp_fail(err, BP_UNAVAILABLE, "%s: %s", draft, bp_errno_text(errno));
    (void)sign_hex(octets, SIGN_SEED_SIZE, line);
    line[2 * SIGN_SEED_SIZE] = '\n';
    const bool is_whole = write(fd, line, 2 * SIGN_SEED_SIZE + 1) == 2 * SIGN_SEED_SIZE + 1 && fsync(fd) == 0;
    const int number = errno;
    close(fd);
    sign_wipe(line, sizeof line);
    if (!is_whole)
        unlink(draft);
    return is_whole ? BP_OK : bp_fail(err, BP_UNAVAILABLE, "%s: %s", draft, bp_errno_text(number));
}

/* The name is on disk, too. */
static void sync_folder_of(const char *path)
{
    char folder[PATH_MAX_OCTETS];
    const char *slash = strrchr(path, '/');
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
    const int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        (void)fsync(fd);
        close(fd);
    }
}

/* A link to the draft is made where there is no such file, and nowhere else: nobody's key is overwritten. */
static BpStatus make_key(const char *path, BpError *err)
{
    char draft[PATH_MAX_OCTETS + 32];
    uint8_t seed[SIGN_SEED_SIZE];
    snprintf(draft, sizeof draft, "%.*s.%d.new", PATH_MAX_OCTETS, path, (int)getpid());
    sign_draw_seed(seed);
    const BpStatus status = write_draft(draft, seed, PRIVATE, err);
    sign_wipe(seed, sizeof seed);
    if (status != BP_OK)
        return status;
    const int number = link(draft, path) == 0 ? 0 : errno;
    unlink(draft);
    if (number && number != EEXIST)
        return bp_fail(err, BP_UNAVAILABLE, "%s: %s", path, bp_errno_text(number));
    sync_folder_of(path);
    return BP_OK;
}

/* ---- what the header promises ---- */

BpStatus sign_key_file_open(const char *path, SignKey **ret_key, bool *ret_is_new, BpError *err)
{
    uint8_t seed[SIGN_SEED_SIZE];
    BpStatus status = read_key(path, true, seed, err);
    const bool is_new = status == BP_NOT_FOUND;
    if (is_new) {
        status = make_key(path, err);
        if (status == BP_OK)
            status = read_key(path, true, seed, err);
    }
    if (status != BP_OK)
        return status;
    *ret_key = sign_key_from_seed(seed);
    *ret_is_new = is_new;
    sign_wipe(seed, sizeof seed);
    return BP_OK;
}

BpStatus sign_public_file_read(const char *path, uint8_t ret_public[SIGN_PUBLIC_SIZE], BpError *err)
{
    return read_key(path, false, ret_public, err);
}

size_t sign_public_files_read(const char *path, uint8_t (*ret_keys)[SIGN_PUBLIC_SIZE], size_t most)
{
    glob_t found;
    char pattern[PATH_MAX_OCTETS + 32];
    if (most == 0 || read_key(path, false, ret_keys[0], NULL) != BP_OK)
        return 0;
    size_t count = 1;
    snprintf(pattern, sizeof pattern, "%.*s.????????????????", PATH_MAX_OCTETS, path);
    if (glob(pattern, 0, NULL, &found) != 0)
        return count;
    for (size_t i = 0; i < found.gl_pathc && count < most; i++)
        count += read_key(found.gl_pathv[i], false, ret_keys[count], NULL) == BP_OK;
    globfree(&found);
    return count;
}

BpStatus sign_public_file_write(const char *path, const uint8_t public_key[SIGN_PUBLIC_SIZE], BpError *err)
{
    char draft[PATH_MAX_OCTETS + 32];
    uint8_t there[SIGN_PUBLIC_SIZE];
    if (read_key(path, false, there, NULL) == BP_OK && memcmp(there, public_key, sizeof there) == 0)
        return BP_OK;
    snprintf(draft, sizeof draft, "%.*s.new", PATH_MAX_OCTETS, path);
    BP_TRY(write_draft(draft, public_key, PUBLIC, err));
    if (rename(draft, path) != 0)
        return bp_fail(err, BP_UNAVAILABLE, "%s: %s", path, bp_errno_text(errno));
    sync_folder_of(path);
    return BP_OK;
}
