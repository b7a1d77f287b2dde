#include "apps/ask/control.h"

#include "bacnet/service/communication_control.h"
#include "config/secret.h"
#include "node/device.h"
#include "node/readings.h"

#include "say/confirm.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* Octets that begin one: all but those that go on with it (10xxxxxx). */
static size_t count_characters(const char *utf8)
{
    size_t count = 0;
    for (; *utf8; utf8++)
        count += ((unsigned char)*utf8 & 0xC0) != 0x80;
    return count;
}

BpStatus ask_control_begin(AskControl *control, const char *device, BpError *err)
{
    control->password = (BacValue){.type = BAC_NULL};
    if (control->password_file) {
        const char *password;
        BP_TRY(cfg_secret_read(control->password_file, control->arena, &password, err));
        if (count_characters(password) > BAC_PASSWORD_MAX)
            return bp_fail(err, BP_INVALID, "%s: a password of BACnet has %d characters at most",
                           control->password_file, BAC_PASSWORD_MAX);
        control->password = (BacValue){.type = BAC_CHARACTER_STRING,
                                       .text = {BAC_UTF_8, bp_cursor(password, strlen(password))}};
    }
    BP_TRY(node_new(control->cfg, &control->node, err));
    return (control->may_be_quiet ? node_device_find_quiet : node_device_find)(control->node, control->cfg,
                                                                               device, &control->peer, err);
}

static void show_value(const NodeReadings *readings, size_t i, BpBuf *out)
{
    BacValue value;
    if (i < readings->count && readings->items[i].refusal.kind == BAC_NOT_REFUSED &&
        node_reading_first(&readings->items[i], &value) && value.type == BAC_CHARACTER_STRING)
        bac_text_to_utf8(out, &value);
}

/* "1001 (AHU-1, AirMaster 300) at 127.66.0.1", as far as the device tells. */
static void describe(AskControl *control, BpBuf *out)
{
    char address[BAC_ADDRESS_TEXT_MAX];
    uint32_t instance;
    BpError err;
    if (node_device_instance(control->node, control->cfg, control->peer, control->arena, &instance, &err) ==
        BP_OK) {
        const BacObjectId device = {BAC_DEVICE, instance};
        const BacReference references[] = {{device, BAC_PROP_OBJECT_NAME, BAC_NO_INDEX},
                                           {device, BAC_PROP_MODEL_NAME, BAC_NO_INDEX}};
        NodeReadings readings = {.arena = control->arena};
        const BpStatus status =
            node_readings_read(&readings, control->node, control->peer, references, 2, &err);
        bp_buf_printf(out, "%" PRIu32 " (", instance);
        show_value(&readings, 0, out);
        bp_buf_printf(out, ", ");
        show_value(&readings, status == BP_OK ? 1 : readings.count, out);
        bp_buf_printf(out, ") at ");
    }
    bp_buf_printf(out, "%s", bac_address_format(&control->peer->address, address));
}

BpStatus ask_control_confirm(AskControl *control, const char *what, BpError *err)
{
    enum { WHO_MAX = 512 };
    char who[WHO_MAX], question[WHO_MAX + 128];
    BpBuf out = bp_buf(who, sizeof who);
    if (control->is_meant)
        return BP_OK;
    if (!isatty(STDIN_FILENO))
        return bp_fail(err, BP_INVALID,
                       "this can stop a device, and nobody is here to be asked whether it "
                       "is meant: say --yes");
    describe(control, &out);
    snprintf(question, sizeof question, "The device %.*s %s.", BP_STR_ARGS(bp_buf_text(&out)), what);
    return say_confirm(question, err);
}

BpStatus ask_control_send(AskControl *control, BacConfirmedService service, BpStr parameters, NodeTries tries,
                          BacRefusal *ret_refusal, BpError *err)
{
    char address[BAC_ADDRESS_TEXT_MAX];
    BpCursor body;
    *ret_refusal = (BacRefusal){0};
    const BpStatus status =
        node_ask(control->node, control->peer, service, parameters, tries, &body, ret_refusal, err);
    if (status != BP_REFUSED || ret_refusal->kind != BAC_REFUSED_ERROR ||
        ret_refusal->code != BAC_CODE_PASSWORD_FAILURE)
        return status;
    return bp_fail(err, BP_REFUSED, "%s wants %s password%s",
                   bac_address_format(&control->peer->address, address),
                   control->password_file ? "another" : "a",
                   control->password_file ? "" : ": give it with --password-file");
}
