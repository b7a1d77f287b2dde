/* Jobs: what people ask to be read at devices now. Rows of table job are taken up, their points read in turn,
 * and what was seen is told to the database as it comes.
 *
 * Polite: at most CONTROL_JOBS_LOOKS points are read at once, one of each device, and behind the device's own
 * polling where a job has many. Each row is taken once; what this process had taken up when it ended fails at
 * the next start. */
#ifndef COLLECT_CONTROL_JOBS_H
#define COLLECT_CONTROL_JOBS_H

#include "apps/collect/ask/poll.h"
#include "apps/collect/control/job.h"
#include "io/pg/pg.h"

typedef struct ControlJobs ControlJobs;

typedef struct ControlJobsOptions {
    Loop *loop;
    CollectPoller *poller;
    Pg *pg; /* listens to CONTROL_JOBS_CHANNEL: each notice is control_jobs_look */
    const char *site;
    ControlErrand errands[CONTROL_ERRANDS]; /* by kind, from CONTROL_DISCOVER on */
    void *owner;
    void (*on_orders)(void *owner); /* orders were given to the poller */
} ControlJobsOptions;

enum {
    CONTROL_JOBS_MAX = 16, /* under way: the others wait in the table */
    CONTROL_JOBS_LOOKS = 8,
};
#define CONTROL_JOBS_CHANNEL "bacpipes_job"

ControlJobs *control_jobs_new(const ControlJobsOptions *options);
void control_jobs_close(ControlJobs *jobs); /* after the connection, before the loop */
void control_jobs_free(ControlJobs *jobs);  /* after the poller; NULL is fine */

void control_jobs_begin(ControlJobs *jobs); /* the database is there, and we are the one collector */
void control_jobs_pause(ControlJobs *jobs); /* until then */

void control_jobs_look(ControlJobs *jobs); /* somebody has asked for one */

#endif
