/* Who holds what: priority arrays of points that can be commanded are read now and then, behind all else that
 * devices are asked, and the database is told. Each point once in control.scan_interval, spread evenly over
 * it; where that is too many, some a second and the round takes longer. What commands read anyhow is told,
 * too. */
#ifndef COLLECT_CONTROL_RADAR_H
#define COLLECT_CONTROL_RADAR_H

#include "apps/collect/control/seen.h"
#include "io/pg/pg.h"

typedef struct ControlRadar ControlRadar;

typedef struct ControlRadarOptions {
    Loop *loop;
    CollectPoller *poller;
    Pg *pg;
    const char *site;
    void *owner;
    void (*on_orders)(void *owner);
} ControlRadarOptions;

enum {
    CONTROL_RADAR_RATE = 5,      /* points a second, at most */
    CONTROL_RADAR_UNDER_WAY = 8, /* looks, at most */
    CONTROL_RADAR_BATCH = 200,   /* points that the database is told of at once; */
    CONTROL_RADAR_WAITING =
        1000 /* and that wait for it: more are not told, and read again in the next round */
};

ControlRadar *control_radar_new(const ControlRadarOptions *options);
void control_radar_close(ControlRadar *radar); /* after the connection, before the loop */
void control_radar_free(ControlRadar *radar);  /* after the poller; NULL is fine */

/* 0: nothing is read. */
void control_radar_set(ControlRadar *radar, int64_t interval_us);

void control_radar_begin(ControlRadar *radar); /* the database is there, and we are the one collector */
void control_radar_pause(ControlRadar *radar); /* until then */

/* A command has looked at the point. */
void control_radar_saw(ControlRadar *radar, int32_t point_id, const ControlSeen *seen);

#endif
