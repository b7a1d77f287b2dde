/* bacpipes time: the clocks of devices, and setting them by TimeSynchronization. */
#include "node/device.h"
#include "node/tool.h"
#include "say/exit.h"
#include "say/json.h"
#include "say/when.h"

#include "apps/roles.h"
#include "bacnet/service/time_sync.h"
#include "base/time.h"

#include <stdio.h>
#include <time.h>

static bool set, utc;

static const CfgOption options[] = {
    {"set", NULL, "Sends it our time first: the local one of this machine.", .flag = &set},
    {"utc", NULL, "With --set: sends UTC, for devices that know their own time zone.", .flag = &utc},
    NODE_OPTIONS,
    {0},
};

static const CfgCommand command = {
    .name = "bacpipes time",
    .positionals = "DEVICE",
    .positionals_min = 1,
    .positionals_max = 1,
    .summary = "Shows a device's clock and how far it is from this machine's; --set sets it "
               "(TimeSynchronization, which no device confirms: the clock is read again).",
    .options = options,
    .offers_json = true,
    .details =
        NODE_DEVICE_HELP "A device's clock knows no zone; this machine's is shown with the offset of its "
                         "zone (or of $TZ).\n" SAY_EXIT_CODES,
    .examples = "bacpipes time 1001\nbacpipes time 1001 --set\nbacpipes time 10.2.0.9 --set --utc",
};

#define TAKES_OVER_US (500 * BP_MS) /* before its clock is read again */

/* Our clock as the wall of this place shows it. */
static int64_t local_us(int64_t now_us)
{
    const time_t second = (time_t)(now_us / BP_SECOND);
    struct tm local;
    localtime_r(&second, &local);
    return now_us + (int64_t)local.tm_gmtoff * BP_SECOND;
}

static void send_time(Node *node, const BacPeer *peer)
{
    uint8_t memory[32];
    BpBuf out = bp_buf(memory, sizeof memory);
    const int64_t now_us = bp_wall_us();
    const BacDateTime now = bac_date_time_at(utc ? now_us : local_us(now_us));
    bac_time_sync_encode(&out, &now);
    node_tell(node, &peer->address, false,
              utc ? BAC_SERVICE_UNCONFIRMED_UTC_TIME_SYNCHRONIZATION
                  : BAC_SERVICE_UNCONFIRMED_TIME_SYNCHRONIZATION,
              bp_buf_text(&out));
    node_wait(node, TAKES_OVER_US);
}

static void tell(int64_t offset_us, bool json)
{
    char text[BAC_DATE_TIME_TEXT_MAX], apart[BP_TIME_TEXT_MAX], here[BP_TIME_TEXT_MAX];
    const int64_t now_us = bp_wall_us(), from_local_us = offset_us - (local_us(now_us) - now_us);
    const BacDateTime shown = bac_date_time_at(now_us + offset_us);
    bac_date_time_format(&shown, text);
    if (json) {
        say_json_print(json_pack("{s:s, s:f, s:f}", "clock", text, "from_local_s",
                                 (double)from_local_us / BP_SECOND, "from_utc_s",
                                 (double)offset_us / BP_SECOND));
        return;
    }
    const int64_t size_us = from_local_us < 0 ? -from_local_us : from_local_us;
    if (size_us < 2 * BP_SECOND)
        printf("%s on the device's clock, as here: %s\n", text, say_time(now_us, 0, here));
    else
        printf("%s on the device's clock, %s %s of this machine's local time: %s\n", text,
               bp_interval_format(size_us, apart), from_local_us < 0 ? "behind" : "ahead",
               say_time(now_us, 0, here));
}

static BpStatus ask(Node *node, const Cfg *cfg, const char *text, BpArena *arena, int64_t *ret_offset_us,
                    BpError *err)
{
    BacPeer *peer;
    BP_TRY(node_device_find(node, cfg, text, &peer, err));
    if (set)
        send_time(node, peer);
    return node_device_clock(node, cfg, peer, arena, ret_offset_us, err);
}

static int run(const CfgArguments *arguments, const Cfg *cfg, BpArena *arena)
{
    BpError err;
    Node *node;
    int64_t offset_us;
    if (node_new(cfg, &node, &err) != BP_OK)
        return say_fail(command.name, &err);
    const BpStatus status = ask(node, cfg, arguments->positionals.items[0], arena, &offset_us, &err);
    if (status == BP_OK)
        tell(offset_us, arguments->json);
    node_free(node);
    return status == BP_OK ? EX_OK : say_fail(command.name, &err);
}

int ask_time_main(int argc, char **argv)
{
    return node_run(&command, argc, argv, run);
}
