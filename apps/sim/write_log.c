#include "apps/sim/write_log.h"

#include "bacnet/service/write_multiple.h"
#include "base/log.h"
#include "base/time.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

struct SimWriteLog {
    int fd;
};

SimWriteLog *sim_write_log_new(const char *path, BpError *err)
{
    const int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (fd < 0) {
        bp_fail(err, BP_UNAVAILABLE, "%s: %s", path, bp_errno_text(errno));
        return NULL;
    }
    SimWriteLog *log = malloc(sizeof *log);
    if (!log)
        abort();
    log->fd = fd;
    return log;
}

void sim_write_log_free(SimWriteLog *log)
{
    if (log)
        close(log->fd);
    free(log);
}

/* Null for Null; text for what is neither that nor a number. */
static json_t *value_json(const BacWrite *write)
{
    BpCursor in = write->value;
    BacValue value;
    double number;
    if (bac_value_decode(&in, &value, NULL) != BP_OK)
        return json_string("malformed");
    if (value.type == BAC_NULL)
        return json_null();
    return bac_value_number(&value, &number) && isfinite(number) ? json_real(number)
                                                                 : json_string("no number");
}

static void write_line(SimWriteLog *log, uint32_t device, const BacDatagram *datagram, const BacWrite *what)
{
    char at[BP_TIME_TEXT_MAX], object[BAC_REFERENCE_TEXT_MAX], from[BAC_ADDRESS_TEXT_MAX];
    const int64_t now_us = bp_wall_us();
    const char *property = bac_property_name(what->reference.property);
    json_t *line = json_pack("{s:s, s:I, s:i, s:s, s:s, s:i, s:o, s:i, s:s}", "at",
                             bp_time_format(now_us, 6, at), "at_us", (json_int_t)now_us, "device",
                             (int)device, "object", bac_object_format(what->reference.object, object),
                             "property", property ? property : "other", "priority", (int)what->priority,
                             "value", value_json(what), "invoke_id", (int)datagram->apdu.invoke_id, "from",
                             bac_address_format(&datagram->from, from));
    /* One write of a whole line, by no buffer of ours: it is there when the device goes on. */
    char text[512];
    const size_t size = json_dumpb(line, text, sizeof text - 1, JSON_COMPACT | JSON_REAL_PRECISION(9));
    json_decref(line);
    if (size >= sizeof text)
        abort();
    text[size] = '\n';
    if (write(log->fd, text, size + 1) != (ssize_t)(size + 1))
        bp_log(BP_LOG_ERROR, "a write is missing in the log of writes: %s", bp_errno_text(errno));
}

void sim_write_log_take(SimWriteLog *log, uint32_t device, const BacDatagram *datagram)
{
    BpCursor body = datagram->body;
    BacWrite write;
    if (!datagram->has_apdu || datagram->apdu.type != BAC_CONFIRMED_REQUEST)
        return;
    if (datagram->apdu.service == BAC_SERVICE_CONFIRMED_WRITE_PROPERTY) {
        if (bac_write_property_decode(&body, &write, NULL) == BP_OK)
            write_line(log, device, datagram, &write);
    } else if (datagram->apdu.service == BAC_SERVICE_CONFIRMED_WRITE_PROPERTY_MULTIPLE) {
        for (BacWriteMultiple walk = {.in = body}; bac_write_multiple_next(&walk, &write, NULL) == BP_OK;)
            write_line(log, device, datagram, &write);
    }
}
