/* Faults as the command line orders them, for a run with a network and for one without. */
#ifndef SIM_ORDERS_H
#define SIM_ORDERS_H

#include "apps/sim/device/ordered.h"
#include "config/arguments.h"

typedef struct SimOrders {
    const char *faults; /* the orders, or @ and the path of a file of them; NULL: none */
    const char *truth;  /* the path of a file for what truly fails; NULL: none is wanted */
    SimTruth *lines;    /* NULL where none is wanted */
    SimOrdered *ordered;
} SimOrders;

/* Its lines in the table of options. */
#define SIM_ORDERS_OPTIONS(orders)                                                                           \
    {.name = "faults",                                                                                       \
     .value = "LIST|@FILE",                                                                                  \
     .meaning =                                                                                              \
         "What fails: equipment, sensors, devices that are written to; a file may change at any time",       \
     .text = &(orders)->faults},                                                                             \
    {                                                                                                        \
        .name = "truth", .value = "FILE",                                                                    \
        .meaning = "With --faults: each as it begins and ends, with its points, as a line of JSON",          \
        .text = &(orders)->truth                                                                             \
    }

/* What there is to say of them in --help. */
#define SIM_ORDERS_DETAILS                                                                                   \
    "Faults, as \"WHAT:FAULT[=VALUE][@FROM[/UNTIL]],...;...\", a line each in a file: from and until are\n"  \
    "2026-07-15T08:00Z or +2h from the start; without them always. Of equipment:\n"                          \
    "  VAV-1-03   damper-stuck[=%], reheat-valve-leaks[=%]\n"                                                \
    "  AHU-1      damper-stuck[=%] (outdoor air), cooling-valve-leaks[=%], heating-valve-leaks[=%],\n"       \
    "             filter-dirty[=TIMES], heats-and-cools, schedule-ignored\n"                                 \
    "  PLANT      short-cycles\n"                                                                            \
    "  AHU-1/SAT  sensor-drifts=A-DAY, sensor-frozen (sensors)\n"                                            \
    "  AHU-1/SF-O override-forgotten[=VALUE] (what takes commands: slot 8 is held)\n"                        \
    "  random:20  so many of these, anywhere, at any time: by --seed\n"                                      \
    "Of devices, by instance, all, or equipment in them: ignores-writes (acknowledges them, and does\n"      \
    "nothing), drops-writes (does nothing, and says nothing), mute-writes (takes them over, and says\n"      \
    "nothing), hides-writes (they are in their slot, and the present value stays), refuses-writes=ERROR\n"   \
    "(as write-access-denied, value-out-of-range), late-writes=TIME (acknowledges them at once, takes\n"     \
    "them over later), restarts-at-writes=TIME (takes them over, and is away for so long), silent,\n"        \
    "late-answers=TIME, holds=SLOT@VALUE (an electrician holds this slot of all that takes the value),\n"    \
    "swaps=DEVICE (each has the other's address)."

/* What was asked for goes together. */
BpStatus sim_orders_check(const SimOrders *orders, BpError *err) BP_CHECKED;

/* Orders them for a site; options->truth is set here. BP_INVALID: what is wrong with them, and what would be
 * right; BP_UNAVAILABLE: a file cannot be read or written. */
BpStatus sim_orders_begin(SimOrders *orders, SimSite *site, const SimOrderedOptions *options,
                          BpError *err) BP_CHECKED;

/* The same again, as the file is now; one that is not there is no faults. */
BpStatus sim_orders_renew(SimOrders *orders, BpError *err) BP_CHECKED;

/* NULL: what was ordered is no file. */
const char *sim_orders_path(const SimOrders *orders);

/* False: lines are missing in the file of the truth. */
bool sim_orders_end(SimOrders *orders);

#endif
