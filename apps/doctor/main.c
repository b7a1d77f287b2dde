#include "apps/doctor/doctor.h"

#include "apps/roles.h"
#include "base/time.h"
#include "io/capture/capture.h"
#include "model/topic.h"
#include "node/tool.h"
#include "say/exit.h"
#include "say/json.h"
#include "say/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int64_t wait_us = 3 * BP_SECOND;
static const char *pcap_file;
static CfgTexts more_targets;

static const CfgOption options[] = {
    {"wait", "DURATION", "How long to wait for answers, and to record. Default: 3s.",
     .duration_us = &wait_us},
    {"target", "ADDRESS",
     "Asks this address alone, beside the broadcast, or as 10.2.0.1/2001 all devices of a network behind a "
     "router. May be repeated.",
     .texts = &more_targets},
    {"pcap", "FILE",
     "Records what crosses the interface on the BACnet port meanwhile, for Wireshark or a colleague. Needs "
     "root or CAP_NET_RAW.",
     .text = &pcap_file},
    NODE_OPTIONS,
    {0},
};

static const CfgCommand command = {
    .name = "bacpipes doctor",
    .summary =
        "Looks at this machine and the building's network as BACnet sees them, and says what is wrong "
        "and how to mend it: interfaces, broadcast address, port, firewall, containers, devices, "
        "duplicate instances, routers and network numbers, BBMDs and their tables; and whether central lets "
        "the site in.",
    .options = options,
    .offers_json = true,
    .details =
        "Changes nothing. Sends one Who-Is, two questions to routers, and to each address that answers one "
        "to BBMDs.\n"
        "Exit codes: 0 nothing wrong; 1 something is; 64 wrong use; 78 a setting is wrong.\n",
    .examples = "bacpipes doctor\n"
                "bacpipes doctor --address 10.1.2.9 --bbmd 10.1.1.1\n"
                "sudo bacpipes doctor --pcap site.pcap --wait 5min\n"
                "bacpipes doctor --json | jq '.findings[] | select(.grade == \"wrong\")'",
};

/* ---- findings ---- */

static const char *print(BpArena *arena, const char *format, va_list arguments)
{
    char text[1024];
    vsnprintf(text, sizeof text, format, arguments);
    return bp_arena_text(arena, bp_str(text));
}

void doctor_say(Doctor *doctor, DoctorGrade grade, const char *check, const char *format, ...)
{
    if (doctor->count == DOCTOR_FINDINGS_MAX)
        return; /* whoever has read so many has enough to do */
    va_list arguments;
    va_start(arguments, format);
    doctor->findings[doctor->count++] =
        (DoctorFinding){.grade = grade, .check = check, .what = print(doctor->arena, format, arguments)};
    va_end(arguments);
}

void doctor_mend(Doctor *doctor, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    doctor->findings[doctor->count - 1].mend = print(doctor->arena, format, arguments);
    va_end(arguments);
}

static size_t count_wrong(const Doctor *doctor)
{
    size_t wrong = 0;
    for (size_t i = 0; i < doctor->count; i++)
        wrong += doctor->findings[i].grade == DOCTOR_WRONG;
    return wrong;
}

/* ---- telling ---- */

static const char *const grades[] = {"fine", "note", "wrong"};

static void show(Doctor *doctor)
{
    static const char *const marks[] = {"fine ", "note ", "WRONG"};
    for (; doctor->shown < doctor->count; doctor->shown++) {
        const DoctorFinding *finding = &doctor->findings[doctor->shown];
        printf("%s  %-10s %s\n", marks[finding->grade], finding->check, finding->what);
        if (finding->mend)
            printf("%18s-> %s\n", "", finding->mend);
    }
    fflush(stdout);
}

static void show_json(const Doctor *doctor)
{
    json_t *findings = json_array();
    for (size_t i = 0; i < doctor->count; i++) {
        const DoctorFinding *finding = &doctor->findings[i];
        json_array_append_new(findings,
                              json_pack("{s:s, s:s, s:s, s:s?}", "grade", grades[finding->grade], "check",
                                        finding->check, "what", finding->what, "mend", finding->mend));
    }
    say_json_print(json_pack("{s:I, s:I, s:I, s:I, s:o}", "wrong", (json_int_t)count_wrong(doctor), "devices",
                             (json_int_t)doctor->devices, "routers", (json_int_t)doctor->routers, "bbmds",
                             (json_int_t)doctor->bbmds, "findings", findings));
}

static void conclude(const Doctor *doctor)
{
    const size_t wrong = count_wrong(doctor);
    if (wrong)
        printf("\n%zu %s wrong.\n", wrong, wrong == 1 ? "thing is" : "things are");
    else
        printf("\nNothing is wrong, as far as can be seen from here.\n");
}

/* ---- the network ---- */

static Capture *begin_recording(Doctor *doctor, const Node *node)
{
    BpError err;
    char filter[32];
    if (!pcap_file)
        return NULL;
    const bool is_any = strcmp(doctor->cfg->bacnet_address, "0.0.0.0") == 0;
    snprintf(filter, sizeof filter, "udp port %d", (int)doctor->cfg->bacnet_port);
    Capture *capture =
        capture_new(node_loop(node), is_any || !doctor->interface ? NULL : doctor->interface->name, filter,
                    pcap_file, &err);
    if (!capture) {
        doctor_say(doctor, DOCTOR_WRONG, "pcap", "nothing is recorded: %s", err.text);
        if (err.status == BP_REFUSED)
            doctor_mend(doctor, "sudo, or once: sudo setcap cap_net_raw+ep $(command -v bacpipes)");
    }
    return capture;
}

static void end_recording(Doctor *doctor, Capture *capture)
{
    BpStatus status;
    if (!capture)
        return;
    const uint64_t count = capture_free(capture, &status);
    if (status == BP_OK)
        doctor_say(doctor, DOCTOR_FINE, "pcap", "%" PRIu64 " datagrams are recorded in %s", count, pcap_file);
    else
        doctor_say(doctor, DOCTOR_WRONG, "pcap", "%s could not be written whole: is the disk full?",
                   pcap_file);
}

/* A BBMD that does not register us is a finding, and keeps nobody from looking at the rest. */
static Node *open_node(Doctor *doctor, Cfg *cfg)
{
    BpError err;
    Node *node = NULL;
    if (node_new(cfg, &node, &err) == BP_OK) {
        if (*cfg->bacnet_bbmd)
            doctor_say(doctor, DOCTOR_FINE, "bbmd", "%s registers us as a foreign device", cfg->bacnet_bbmd);
        return node;
    }
    if (err.status == BP_TIMEOUT && *cfg->bacnet_bbmd) {
        doctor_say(doctor, DOCTOR_WRONG, "bbmd", "%s", err.text);
        doctor_mend(doctor,
                    "is it a BBMD that takes foreign devices, is UDP port %d open on the way, and is "
                    "its table of foreign devices not full?",
                    (int)cfg->bacnet_port);
        cfg->bacnet_bbmd = "";
        return open_node(doctor, cfg);
    }
    doctor_say(doctor, DOCTOR_WRONG, "network", "%s", err.text);
    return NULL;
}

static int examine(const CfgArguments *arguments, const Cfg *cfg, BpArena *arena)
{
    Cfg own = *cfg; /* where no BBMD takes us, the node is opened without one */
    BpError err;
    NodeTargets targets = {.count = 0};
    if (strcmp(own.site, MDL_SITE_CENTRAL) == 0)
        return say_fail_with(
            EX_USAGE, command.name,
            bp_str("a central has no building's network: `bacpipes status` and `bacpipes sites` say how it "
                   "and its sites are, and --data names the folder of a site (of a demo: "
                   "--data var/sites/macau)"));
    if (node_targets_read(&targets, &own, &more_targets, &err) != BP_OK)
        return say_fail(command.name, &err);
    Doctor *doctor = bp_arena_take(arena, sizeof *doctor);
    doctor->cfg = &own;
    doctor->arena = arena;
    doctor_look_at_host(doctor);
    doctor_look_at_collector(doctor);
    doctor_look_at_central(doctor);
    if (!arguments->json)
        show(doctor);
    Node *node = open_node(doctor, &own);
    if (node) {
        Capture *capture = begin_recording(doctor, node);
        say_progress("listening ...");
        doctor_look_at_network(doctor, node, &targets, wait_us);
        say_progress_end();
        end_recording(doctor, capture);
        node_free(node);
    }
    if (arguments->json) {
        show_json(doctor);
    } else {
        show(doctor);
        conclude(doctor);
    }
    return count_wrong(doctor) ? SAY_NOTHING : EX_OK;
}

int doctor_main(int argc, char **argv)
{
    return node_run(&command, argc, argv, examine);
}
