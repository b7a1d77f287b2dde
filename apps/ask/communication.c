/* bacpipes communication: has a device be quiet for a while, by DeviceCommunicationControl. */
#include "apps/ask/control.h"
#include "bacnet/service/communication_control.h"
#include "node/device.h"
#include "node/tool.h"
#include "say/exit.h"
#include "say/json.h"

#include "apps/roles.h"
#include "base/time.h"

#include <inttypes.h>
#include <stdio.h>

static const char *password_file;
static int64_t for_us;
static bool yes, until_enabled;

static const CfgOption options[] = {
    {"for", "DURATION",
     "How long, in full minutes, 45 days at most: 10min, 2h. After it the device is as before.",
     .duration_us = &for_us},
    {"until-enabled", NULL, "Until somebody enables it, or it restarts.", .flag = &until_enabled},
    ASK_CONTROL_OPTIONS(&password_file, &yes),
    NODE_OPTIONS,
    {0},
};

static const CfgCommand command = {
    .name = "bacpipes communication",
    .positionals = "DEVICE enable|disable-initiation|disable",
    .positionals_min = 2,
    .positionals_max = 2,
    .summary = "Has a device be quiet for a while, or speak again (DeviceCommunicationControl).",
    .options = options,
    .offers_json = true,
    .details =
        "enable: it speaks as it always does.\n"
        "disable-initiation: it answers, and tells nothing of its own: no changes of values (COV), no\n"
        "alarms. Its points are polled as ever.\n"
        "disable: it answers nothing but this command and `bacpipes restart`, and its points become bad.\n"
        "Devices since protocol revision 20 refuse it.\n"
        "A device that is disabled does not say who it is either: name it by its address "
        "then.\n\n" NODE_DEVICE_HELP SAY_EXIT_CODES,
    .examples = "bacpipes communication 1001 disable-initiation --for 10min --yes\n"
                "bacpipes communication 1001 enable\n"
                "bacpipes communication 10.2.0.9 disable --for 2h --password-file /etc/ahu1.password",
};

/* A duration begun is a full minute. */
static BpStatus read_minutes(uint32_t state, uint32_t *ret_minutes, BpError *err)
{
    *ret_minutes = (uint32_t)((for_us + BP_MINUTE - 1) / BP_MINUTE);
    if (for_us > UINT16_MAX * BP_MINUTE)
        return bp_fail(err, BP_INVALID, "--for is %d minutes (45 days) at most", UINT16_MAX);
    if (state == BAC_COMMUNICATION_ENABLE && (for_us || until_enabled))
        return bp_fail(err, BP_INVALID, "enable lasts: it takes neither --for nor --until-enabled");
    if (for_us && until_enabled)
        return bp_fail(err, BP_INVALID, "--for and --until-enabled exclude each other");
    if (state != BAC_COMMUNICATION_ENABLE && !for_us && !until_enabled)
        return bp_fail(err, BP_INVALID,
                       "say how long, as --for 10min; --until-enabled is until somebody enables it again");
    return BP_OK;
}

static BpStatus confirm(AskControl *control, uint32_t state, uint32_t minutes, BpError *err)
{
    char what[128], how_long[BP_TIME_TEXT_MAX + 8] = "until it is enabled again", interval[BP_TIME_TEXT_MAX];
    if (state == BAC_COMMUNICATION_ENABLE)
        return BP_OK; /* stops nothing */
    if (minutes)
        snprintf(how_long, sizeof how_long, "for %s", bp_interval_format(minutes * BP_MINUTE, interval));
    snprintf(what, sizeof what, "will %s %s",
             state == BAC_COMMUNICATION_DISABLE ? "answer nothing" : "tell of no change and no alarm",
             how_long);
    return ask_control_confirm(control, what, err);
}

static BpStatus send(AskControl *control, const BacCommunicationControl *request, BpError *err)
{
    uint8_t memory[128];
    char address[BAC_ADDRESS_TEXT_MAX];
    BpBuf out = bp_buf(memory, sizeof memory);
    BacRefusal refusal;
    bac_communication_control_encode(&out, request);
    const BpStatus status = ask_control_send(control, BAC_SERVICE_CONFIRMED_DEVICE_COMMUNICATION_CONTROL,
                                             bp_buf_text(&out), NODE_WITH_RETRIES, &refusal, err);
    if (status == BP_REFUSED && request->state == BAC_COMMUNICATION_DISABLE &&
        refusal.kind == BAC_REFUSED_ERROR && refusal.code == BAC_CODE_SERVICE_REQUEST_DENIED)
        return bp_fail(err, BP_REFUSED,
                       "%s refuses to be disabled, as devices do since protocol revision 20: "
                       "disable-initiation is what there is",
                       bac_address_format(&control->peer->address, address));
    return status;
}

static void tell(const AskControl *control, const BacCommunicationControl *request, bool json)
{
    char address[BAC_ADDRESS_TEXT_MAX], interval[BP_TIME_TEXT_MAX];
    const char *state = bac_words_text(&bac_communications, request->state);
    bac_address_format(&control->peer->address, address);
    if (json) {
        say_json_print(json_pack("{s:s, s:s, s:o}", "device", address, "communication", state, "minutes",
                                 request->minutes ? json_integer(request->minutes) : json_null()));
        return;
    }
    printf("%s is told: %s", address, state);
    if (request->minutes)
        printf(" for %s", bp_interval_format(request->minutes * BP_MINUTE, interval));
    else if (request->state != BAC_COMMUNICATION_ENABLE)
        printf(", until it is enabled again");
    printf(".\n");
}

static BpStatus carry_out(AskControl *control, const char *device, const char *word, bool json, BpError *err)
{
    BacCommunicationControl request;
    if (bac_words_parse(&bac_communications, bp_str(word), &request.state, NULL) != BP_OK)
        return bp_fail(err, BP_INVALID, "\"%s\" is none of enable, disable-initiation and disable", word);
    BP_TRY(read_minutes(request.state, &request.minutes, err));
    control->may_be_quiet = request.state == BAC_COMMUNICATION_ENABLE;
    const BpStatus status = ask_control_begin(control, device, err);
    if (status == BP_TIMEOUT && request.state == BAC_COMMUNICATION_ENABLE)
        return bp_within(err, "a disabled device does not say who it is, and is named by its address");
    if (status != BP_OK)
        return status;
    BP_TRY(confirm(control, request.state, request.minutes, err));
    request.password = control->password;
    BP_TRY(send(control, &request, err));
    tell(control, &request, json);
    return BP_OK;
}

static int run(const CfgArguments *arguments, const Cfg *cfg, BpArena *arena)
{
    BpError err;
    AskControl control = {.cfg = cfg, .arena = arena, .password_file = password_file, .is_meant = yes};
    const char *const *words = arguments->positionals.items;
    const BpStatus status = carry_out(&control, words[0], words[1], arguments->json, &err);
    node_free(control.node);
    return status == BP_OK ? EX_OK : say_fail(command.name, &err);
}

int ask_communication_main(int argc, char **argv)
{
    return node_run(&command, argc, argv, run);
}
