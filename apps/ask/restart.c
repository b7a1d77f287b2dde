/* bacpipes restart: restarts a device, by ReinitializeDevice. */
#include "apps/ask/control.h"
#include "bacnet/service/reinitialize.h"
#include "node/device.h"
#include "node/tool.h"
#include "say/exit.h"
#include "say/json.h"

#include "apps/roles.h"

#include <stdio.h>

static const char *password_file;
static bool yes, warm, cold;

static const CfgOption options[] = {
    {"warm", NULL, "As after a short power cut: it keeps what it was told.", .flag = &warm},
    {"cold", NULL, "As new: it may forget commands, and begins from its defaults.", .flag = &cold},
    ASK_CONTROL_OPTIONS(&password_file, &yes),
    NODE_OPTIONS,
    {0},
};

static const CfgCommand command = {
    .name = "bacpipes restart",
    .positionals = "DEVICE",
    .positionals_min = 1,
    .positionals_max = 1,
    .summary = "Restarts a device (ReinitializeDevice). What it controls stands still meanwhile, and whoever "
               "subscribed to its changes has to do so again: the collector does.",
    .options = options,
    .offers_json = true,
    .details =
        "What a device keeps in a warm and in a cold start is its vendor's to say.\n\n" NODE_DEVICE_HELP
            SAY_EXIT_CODES,
    .examples = "bacpipes restart 1002 --warm --yes\n"
                "bacpipes restart 10.2.0.9 --cold --password-file /etc/ahu1.password",
};

static BpStatus carry_out(AskControl *control, const char *device, BpError *err)
{
    uint8_t memory[128];
    BpBuf out = bp_buf(memory, sizeof memory);
    BacRefusal refusal;
    BacReinitialize request = {.state = warm ? BAC_WARMSTART : BAC_COLDSTART};
    if (warm == cold)
        return bp_fail(err, BP_INVALID, "say which: --warm or --cold");
    BP_TRY(ask_control_begin(control, device, err));
    BP_TRY(ask_control_confirm(control, warm ? "will restart, warm" : "will restart, cold", err));
    request.password = control->password;
    bac_reinitialize_encode(&out, &request);
    /* Once: a second one would restart it twice. */
    const BpStatus status = ask_control_send(control, BAC_SERVICE_CONFIRMED_REINITIALIZE_DEVICE,
                                             bp_buf_text(&out), NODE_ONCE, &refusal, err);
    return status == BP_TIMEOUT ? bp_within(err, "it may restart nevertheless") : status;
}

static void tell(const AskControl *control, bool json)
{
    char address[BAC_ADDRESS_TEXT_MAX];
    bac_address_format(&control->peer->address, address);
    if (json)
        say_json_print(json_pack("{s:s, s:s}", "device", address, "restart", warm ? "warm" : "cold"));
    else
        printf("%s restarts, %s. It is back when `bacpipes read %s device` answers.\n", address,
               warm ? "warm" : "cold", address);
}

static int run(const CfgArguments *arguments, const Cfg *cfg, BpArena *arena)
{
    BpError err;
    AskControl control = {.cfg = cfg, .arena = arena, .password_file = password_file, .is_meant = yes};
    const BpStatus status = carry_out(&control, arguments->positionals.items[0], &err);
    if (status == BP_OK)
        tell(&control, arguments->json);
    node_free(control.node);
    return status == BP_OK ? EX_OK : say_fail(command.name, &err);
}

int ask_restart_main(int argc, char **argv)
{
    return node_run(&command, argc, argv, run);
}
