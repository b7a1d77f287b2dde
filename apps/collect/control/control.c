#include "apps/collect/control/parts.h"
#include "base/log.h"
#include "base/time.h"

#include <assert.h>
#include <stdlib.h>

static const int64_t LOOK_EVERY_US = 5 * BP_SECOND;

static const char *const CHANNEL = "bacpipes_command";

/* ---- the database ---- */

static void look(void *owner)
{
    CollectControl *control = owner;
    loop_timer_set(control->look, loop_now_us(control->options.loop) + LOOK_EVERY_US);
}

static void on_alone(void *owner)
{
    CollectControl *control = owner;
    bp_log(BP_LOG_INFO, "carrying out commands of site %s", control->options.file->site);
    look(control);
}

static void on_connected(void *owner)
{
    CollectControl *control = owner;
    site_alone_connected(control->alone);
}

static void on_lost(void *owner, const BpError *why)
{
    CollectControl *control = owner;
    if (site_alone_is_held(control->alone))
        bp_log(BP_LOG_WARNING, "%s; no command is carried out until it is back", why->text);
    site_alone_lost(control->alone);
    loop_timer_clear(control->look);
}

static void on_notice(void *owner, const char *channel, const char *payload)
{
    CollectControl *control = owner;
    (void)channel;
    if (control_is_alone(control) && bp_str_equal(bp_str(payload), bp_str(control->options.file->site)))
        look(control);
}

/* ---- what the headers promise ---- */

bool control_is_alone(const CollectControl *control)
{
    return control->alone && site_alone_is_held(control->alone);
}

void collect_control_set(CollectControl *control, const Cfg *cfg)
{
    control->cfg = cfg;
}

CollectControl *collect_control_new(const CollectControlOptions *options)
{
    CollectControl *control = calloc(1, sizeof *control);
    if (!control)
        abort();
    control->options = *options;
    PgOptions database = *options->database;
    database.application_name = "bacpipes collect control";
    database.owner = control;
    database.on_connected = on_connected;
    database.on_lost = on_lost;
    database.on_notice = on_notice;
    control->pg = pg_new(options->loop, &database);
    control->alone = site_alone_new(&(SiteAloneOptions){.loop = options->loop,
                                                        .pg = control->pg,
                                                        .site = options->file->site,
                                                        .work = "control",
                                                        .who = "collector that carries out commands",
                                                        .owner = control,
                                                        .on_alone = on_alone});
    control->look = loop_timer_new(options->loop, look, control);
    pg_listen(control->pg, CHANNEL);
    return control;
}

void collect_control_close(CollectControl *control)
{
    loop_timer_free(control->look);
    control->look = NULL;
    pg_free(control->pg); /* answers what is under way, and so goes first */
    control->pg = NULL;
    site_alone_free(control->alone);
    control->alone = NULL;
    control->cfg = NULL;
}

void collect_control_free(CollectControl *control)
{
    if (!control)
        return;
    collect_control_close(control);
    free(control);
}

void collect_control_check(const CollectControl *control)
{
    assert(!control->alone == !control->pg);
}
