#include "apps/sim/run/orders.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { FILE_MAX = 1024 * 1024 };

BpStatus sim_orders_check(const SimOrders *orders, BpError *err)
{
    if (orders->truth && !orders->faults)
        return bp_fail(err, BP_INVALID, "--truth FILE is for what --faults orders: without it nothing fails");
    return BP_OK;
}

const char *sim_orders_path(const SimOrders *orders)
{
    return orders->faults && orders->faults[0] == '@' ? orders->faults + 1 : NULL;
}

/* As much as there is, up to `capacity`; -1 as read does. */
static ssize_t read_all(int fd, char *text, size_t capacity)
{
    size_t size = 0;
    ssize_t got = 1;
    while (got > 0 && size < capacity) {
        got = read(fd, text + size, capacity - size);
        size += got > 0 ? (size_t)got : 0;
    }
    return got < 0 ? -1 : (ssize_t)size;
}

static BpStatus take_file(SimOrders *orders, const char *path, char *text, BpError *err)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return sim_ordered_take(orders->ordered, bp_str(""), err);
    const ssize_t size = fd < 0 ? -1 : read_all(fd, text, FILE_MAX);
    const int number = errno;
    if (fd >= 0)
        close(fd);
    if (size < 0)
        return bp_fail(err, BP_UNAVAILABLE, "%s: %s", path, bp_errno_text(number));
    if (size == FILE_MAX)
        return bp_fail(err, BP_INVALID, "%s: is longer than %d octets", path, FILE_MAX - 1);
    if (sim_ordered_take(orders->ordered, (BpStr){text, (size_t)size}, err) != BP_OK)
        return bp_within(err, "%s", path);
    return BP_OK;
}

BpStatus sim_orders_renew(SimOrders *orders, BpError *err)
{
    const char *path = sim_orders_path(orders);
    if (!path)
        return sim_ordered_take(orders->ordered, bp_str(orders->faults), err);
    char *text = malloc(FILE_MAX);
    if (!text)
        abort();
    const BpStatus status = take_file(orders, path, text, err);
    free(text);
    return status;
}

BpStatus sim_orders_begin(SimOrders *orders, SimSite *site, const SimOrderedOptions *options, BpError *err)
{
    SimOrderedOptions with_truth = *options;
    if (orders->truth) {
        orders->lines = sim_truth_new(orders->truth, err);
        if (!orders->lines)
            return BP_UNAVAILABLE;
    }
    with_truth.truth = orders->lines;
    orders->ordered = sim_ordered_new(site, &with_truth);
    return sim_orders_renew(orders, err);
}

bool sim_orders_end(SimOrders *orders)
{
    sim_ordered_free(orders->ordered);
    const bool is_whole = sim_truth_free(orders->lines);
    orders->ordered = NULL;
    orders->lines = NULL;
    return is_whole;
}
