/* bacpipes job, in parts: each with argv[0] being its name, and returning its exit code. */
#ifndef JOB_JOB_H
#define JOB_JOB_H

#include <jansson.h>

int job_discover(int argc, char **argv); /* and doctor, in ask.c */
int job_doctor(int argc, char **argv);
int job_list(int argc, char **argv);

/* ---- show.c: results, as docs/protocol.md has them ---- */

void job_show_found(const json_t *result);
void job_show_doctor(const json_t *result);

#endif
