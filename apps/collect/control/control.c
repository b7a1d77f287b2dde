#include "apps/collect/control/ask_mqtt.h"
#include "apps/collect/control/asking.h"
#include "apps/collect/control/holding.h"
#include "apps/collect/control/jobs.h"
#include "base/invariant.h"
#include "base/log.h"
#include "base/time.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const int64_t LOOK_EVERY_US = 5 * BP_SECOND;

static const char *const CHANNEL = "bacpipes_command";

/* ---- a turn: what came up since the last one is done together ---- */

void control_soon(CollectControl *control)
{
    if (control->turn)
        loop_timer_set(control->turn, loop_now_us(control->options.loop));
}

static void on_turn(void *owner)
{
    CollectControl *control = owner;
    const int64_t now_us = loop_now_us(control->options.loop);
    if (control_is_alone(control) && now_us >= control->look_us) {
        control->look_us = now_us + LOOK_EVERY_US;
        control_asking_look(control->asking);
    }
    control_commands_advance(control->commands);
    control_asking_advance(control->asking);
    control->options.on_orders(control->options.owner);
    const int64_t commands_us = control_commands_next_due_us(control->commands);
    loop_timer_set(control->turn, commands_us < control->look_us ? commands_us : control->look_us);
    BP_INVARIANT(collect_control_check(control));
}

/* ---- the database ---- */

static void on_alone(void *owner)
{
    const CollectControl *control = owner;
    control_holding_alone(control->holding);
}

void control_opened(CollectControl *control)
{
    bp_log(BP_LOG_INFO, "carrying out commands of site %s", control->options.file->site);
    control_commands_knew(control->commands, control_holding_known_wall_us(control->holding));
    control_commands_may_write(control->commands, true);
    control->look_us = loop_now_us(control->options.loop) + LOOK_EVERY_US;
    control_asking_begin(control->asking);
    control_jobs_begin(control->jobs);
}

static void on_connected(void *owner)
{
    const CollectControl *control = owner;
    site_alone_connected(control->alone);
}

static void on_lost(void *owner, const BpError *why)
{
    CollectControl *control = owner;
    if (site_alone_is_held(control->alone))
        bp_log(BP_LOG_WARNING, "%s; no command is carried out until it is back", why->text);
    site_alone_lost(control->alone);
    control->look_us = INT64_MAX;
    control_holding_lost(control->holding);
    control_asking_end(control->asking);
    control_jobs_pause(control->jobs);
    control_commands_may_write(control->commands, false);
}

static void on_notice(void *owner, const char *channel, const char *payload)
{
    const CollectControl *control = owner;
    if (!control_is_alone(control) || !bp_str_equal(bp_str(payload), bp_str(control->options.file->site)))
        return;
    if (strcmp(channel, CONTROL_JOBS_CHANNEL) == 0)
        control_jobs_look(control->jobs);
    else
        control_asking_look(control->asking);
}

/* ---- commands ---- */

static ControlNow now(void *owner)
{
    const CollectControl *control = owner;
    return (ControlNow){loop_now_us(control->options.loop), bp_boot_us(), bp_wall_us()};
}

static void on_work(void *owner)
{
    control_soon(owner);
}

static void on_ended(void *owner, const ControlCommand *command)
{
    static BpLogKind others;
    CollectControl *control = owner;
    if (command->verdict != CONTROL_HELD)
        bp_log_some(&others, loop_now_us(control->options.loop), BP_LOG_NOTICE, "command %s, %s: %s",
                    command->id, command->name, command->text);
    control_holds_ended(control, command);
}

static bool may_sign(void *owner)
{
    return control_is_alone(owner);
}

/* ---- commands by MQTT ---- */

static Mqtt *mqtt(void *owner)
{
    const CollectControl *control = owner;
    return control->options.mqtt(control->options.owner);
}

static bool is_away(void *owner)
{
    const CollectControl *control = owner;
    return !pg_is_connected(control->pg);
}

static bool is_another(void *owner)
{
    const CollectControl *control = owner;
    return pg_is_connected(control->pg) && !control_is_alone(control);
}

void collect_control_broker_connected(CollectControl *control)
{
    if (control->mqtt)
        control_mqtt_connected(control->mqtt);
}

bool collect_control_message(CollectControl *control, const MqttMessage *message)
{
    return control->mqtt && control_mqtt_message(control->mqtt, message);
}

/* ---- what the headers promise ---- */

bool control_is_alone(const CollectControl *control)
{
    return control->alone && site_alone_is_held(control->alone);
}

void control_kept(CollectControl *control, uint64_t batch, bool is_kept)
{
    control_commands_kept(control->commands, batch, is_kept);
}

bool control_point_take(CollectControl *control, int32_t point_id)
{
    return control_commands_take_point(control->commands, point_id);
}

void control_point_give(CollectControl *control, int32_t point_id)
{
    control_commands_give_point(control->commands, point_id);
}

void collect_control_set(CollectControl *control, const Cfg *cfg)
{
    control->cfg = cfg;
    const ControlMode mode = strcmp(cfg->control_mode, "freeze") == 0 ? CONTROL_FREEZE
                             : strcmp(cfg->control_mode, "stop") == 0 ? CONTROL_STOP
                                                                      : CONTROL_NORMAL;
    control_commands_set(control->commands, cfg->control_verify_within, mode);
    control_holding_set(control->holding, cfg);
}

CollectControl *collect_control_new(const CollectControlOptions *options)
{
    CollectControl *control = calloc(1, sizeof *control);
    if (!control)
        abort();
    control->options = *options;
    control->look_us = INT64_MAX;
    const ControlCommandsHooks hooks = {
        .owner = control, .now = now, .on_work = on_work, .on_ended = on_ended};
    control->commands = control_commands_new(options->poller, &hooks);
    control->asking = control_asking_new(control);
    control->turn = loop_timer_new(options->loop, on_turn, control);
    PgOptions database = *options->database;
    database.application_name = "bacpipes collect control";
    database.owner = control;
    database.on_connected = on_connected;
    database.on_lost = on_lost;
    database.on_notice = on_notice;
    control->pg = pg_new(options->loop, &database);
    control->holding = control_holding_new(control);
    control->alone = site_alone_new(&(SiteAloneOptions){.loop = options->loop,
                                                        .pg = control->pg,
                                                        .site = options->file->site,
                                                        .work = "control",
                                                        .who = "collector that carries out commands",
                                                        .owner = control,
                                                        .on_alone = on_alone});
    pg_listen(control->pg, CHANNEL);
    pg_listen(control->pg, CONTROL_JOBS_CHANNEL);
    control->jobs = control_jobs_new(&(ControlJobsOptions){.loop = options->loop,
                                                           .poller = options->poller,
                                                           .pg = control->pg,
                                                           .site = options->file->site,
                                                           .errands = {options->search, options->doctor},
                                                           .owner = options->owner,
                                                           .on_orders = options->on_orders});
    control->checkpoints =
        control_checkpoints_new(&(ControlCheckpointsOptions){.loop = options->loop,
                                                             .database = options->database,
                                                             .site = options->file->site,
                                                             .data_folder = options->file->data_folder,
                                                             .owner = control,
                                                             .may_sign = may_sign});
    control->mqtt = control_mqtt_new(&(ControlMqttOptions){.loop = options->loop,
                                                           .database = options->database,
                                                           .site = options->file->site,
                                                           .owner = control,
                                                           .mqtt = mqtt,
                                                           .is_away = is_away,
                                                           .is_another = is_another});
    return control;
}

void collect_control_close(CollectControl *control)
{
    control_checkpoints_free(control->checkpoints);
    control->checkpoints = NULL;
    control_mqtt_free(control->mqtt);
    control->mqtt = NULL;
    control_commands_close(control->commands);
    loop_timer_free(control->turn);
    control->turn = NULL;
    pg_free(control->pg); /* answers what is under way, and so goes first */
    control->pg = NULL;
    control_jobs_close(control->jobs);
    control_holding_close(control->holding);
    site_alone_free(control->alone);
    control->alone = NULL;
    control_asking_free(control->asking);
    control->asking = NULL;
    control->cfg = NULL;
}

void collect_control_free(CollectControl *control)
{
    if (!control)
        return;
    collect_control_close(control);
    control_commands_free(control->commands);
    control_jobs_free(control->jobs);
    control_holding_free(control->holding);
    free(control);
}

void collect_control_note_state(CollectControl *control, const CollectDevice *device)
{
    control_holding_note_state(control->holding, device);
}

void collect_control_check(const CollectControl *control)
{
    assert(!control->alone == !control->pg);
    control_commands_check(control->commands);
}
