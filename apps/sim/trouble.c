#include "apps/sim/trouble.h"

#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX = 16 * 1024 };

struct SimTrouble {
    const SimSite *site;
    bool has_router;
    const char *path;  /* of the file; NULL: there is none */
    struct stat seen;  /* of it, as it was last read; all zero: it was not there */
    bool is_new;       /* what is here has not yet been applied */
    SimFaults *faults; /* by device */
};

static BpStatus take_text(SimTrouble *trouble, BpStr text, BpError *err)
{
    const size_t count = trouble->site->device_count;
    SimFaults *faults = calloc(count, sizeof *faults);
    if (!faults)
        abort();
    BpStatus status = sim_faults_parse(text, trouble->site->devices[0].instance, count, faults, err);
    for (size_t i = 0; i < count && status == BP_OK; i++)
        if (faults[i].swaps && trouble->has_router)
            status = bp_fail(err, BP_INVALID,
                             "swaps is for devices with addresses of their own: without --network");
    if (status != BP_OK) {
        free(faults);
        return status;
    }
    free(trouble->faults);
    trouble->faults = faults;
    trouble->is_new = true;
    return BP_OK;
}

static BpStatus read_file(SimTrouble *trouble, BpError *err)
{
    static char text[FILE_MAX];
    const int fd = open(trouble->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return take_text(trouble, bp_str(""), err);
    const ssize_t size = fd < 0 ? -1 : read(fd, text, sizeof text);
    const int number = errno;
    if (fd >= 0)
        close(fd);
    if (size < 0)
        return bp_fail(err, BP_UNAVAILABLE, "%s: %s", trouble->path, bp_errno_text(number));
    if ((size_t)size == sizeof text)
        return bp_fail(err, BP_INVALID, "%s: is longer than %d octets", trouble->path, FILE_MAX - 1);
    const BpStatus status = take_text(trouble, (BpStr){text, (size_t)size}, err);
    return status == BP_OK ? BP_OK : bp_within(err, "%s", trouble->path);
}

SimTrouble *sim_trouble_new(const SimSite *site, bool has_router, const char *text, BpError *err)
{
    SimTrouble *trouble = calloc(1, sizeof *trouble);
    if (!trouble)
        abort();
    *trouble = (SimTrouble){.site = site, .has_router = has_router, .path = text[0] == '@' ? text + 1 : NULL};
    if (trouble->path)
        (void)stat(trouble->path, &trouble->seen);
    if ((trouble->path ? read_file(trouble, err) : take_text(trouble, bp_str(text), err)) != BP_OK) {
        sim_trouble_free(trouble);
        return NULL;
    }
    return trouble;
}

void sim_trouble_free(SimTrouble *trouble)
{
    if (trouble)
        free(trouble->faults);
    free(trouble);
}

static bool has_changed(SimTrouble *trouble)
{
    const struct stat seen = trouble->seen;
    struct stat *now = &trouble->seen;
    if (stat(trouble->path, now) != 0)
        *now = (struct stat){0};
    return now->st_ino != seen.st_ino || now->st_size != seen.st_size ||
           now->st_mtim.tv_sec != seen.st_mtim.tv_sec || now->st_mtim.tv_nsec != seen.st_mtim.tv_nsec;
}

void sim_trouble_apply(SimTrouble *trouble, SimNetwork *network)
{
    BpError err = {0};
    if (trouble->path && has_changed(trouble) && read_file(trouble, &err) != BP_OK)
        bp_log(BP_LOG_ERROR, "%s; the faults stay as they were", err.text);
    if (!trouble->is_new)
        return;
    trouble->is_new = false;
    for (size_t i = 0; i < trouble->site->device_count; i++)
        sim_network_set_faults(network, i, &trouble->faults[i]);
    /* All are where they belong, and then those change places that are to. */
    for (size_t i = 0; i < trouble->site->device_count; i++)
        if (trouble->faults[i].swaps)
            sim_network_swap(network, i, trouble->faults[i].swaps_with - trouble->site->devices[0].instance);
}
