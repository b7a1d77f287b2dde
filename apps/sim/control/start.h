/* Optimal start: how early the handler begins, so that its zones are right when people come and no sooner. A
 * morning's error divided by the hours it took is the rate of that building; each morning moves what is
 * believed a third of the way to what was seen, within limits. (Guideline 36-2021, 5.4.4 asks for a learning
 * start and leaves the how open.) */
#ifndef SIM_START_H
#define SIM_START_H

#include "apps/sim/physics/loops.h"

typedef struct StartRule {
    double rate;             /* K an hour, believed before the first morning */
    double slowest, fastest; /* K an hour: what may be learned */
    double most_h;           /* no earlier than that */
    double spare_h;          /* begun this much sooner than computed, where there is anything to do */
} StartRule;

/* Hours before people come at which to begin, for zones that are `error` K away; 0 where they are right. */
double start_lead_h(const StartMemory *memory, const StartRule *rule, double error);

/* A morning begins, goes on (the error is 0 when all is ready), and ends when people come, ready or not: then
 * something is learned. */
void start_begin(StartMemory *memory, double error);
void start_step(StartMemory *memory, double error, double step_s);
void start_end(StartMemory *memory, const StartRule *rule, double error);

#endif
