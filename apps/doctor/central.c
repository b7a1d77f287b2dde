/* A site's way to its central, and what a central has instead of a building. */
#include "apps/doctor/doctor.h"

#include "base/time.h"
#include "io/pg/pg.h"
#include "link/explain.h"
#include "link/link.h"

#include <string.h>

static const int64_t PATIENCE_US = 10 * BP_SECOND;

static void on_lost(void *owner, const BpError *why)
{
    *(BpError *)owner = *why;
}

/* With the certificate and key of the site, as `bacpipes sync` comes. */
static bool is_reached(const Link *link, BpError *lost)
{
    PgOptions options;
    Loop *loop = loop_new();
    link_options(link, "bacpipes doctor", &options);
    options.owner = lost;
    options.on_lost = on_lost;
    Pg *pg = pg_new(loop, &options);
    const int64_t until_us = loop_now_us(loop) + PATIENCE_US;
    while (!pg_is_connected(pg) && lost->status == BP_OK && loop_now_us(loop) < until_us)
        loop_run_once(loop, until_us - loop_now_us(loop));
    const bool is_there = pg_is_connected(pg);
    pg_free(pg);
    loop_free(loop);
    return is_there;
}

void doctor_look_at_central(Doctor *doctor)
{
    Link link;
    BpError err = {0}, lost = {0};
    const BpStatus status = link_read(doctor->cfg->data_folder, doctor->arena, &link, &err);
    if (status == BP_NOT_FOUND)
        return; /* it has joined none */
    if (status != BP_OK) {
        doctor_say(doctor, DOCTOR_WRONG, "central", "%s", err.text);
        doctor_mend(
            doctor,
            "a new join file (`bacpipes site add %s` at central) and `bacpipes site join` make it anew",
            doctor->cfg->site);
        return;
    }
    if (is_reached(&link, &lost)) {
        doctor_say(doctor, DOCTOR_FINE, "central", "%s port %d lets us in as %s", link.host, (int)link.port,
                   link.user);
        return;
    }
    if (lost.status == BP_OK)
        bp_fail(&lost, BP_TIMEOUT, "it did not answer in time");
    const LinkAttempt attempt = {link.host, link.port, link.site_id, false, bp_wall_us()};
    static const char before[] = "central at ";
    (void)link_explain(&attempt, &lost, &err);
    doctor_say(doctor, DOCTOR_WRONG, "central", "%s",
               err.text + (strncmp(err.text, before, strlen(before)) == 0 ? strlen(before) : 0));
    doctor_mend(doctor, "what is recorded meanwhile waits here (`bacpipes sync --status`)");
}
