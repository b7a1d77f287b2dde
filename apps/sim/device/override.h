/* A command that somebody forgot: it holds its slot, whatever the controls want. */
#ifndef SIM_OVERRIDE_H
#define SIM_OVERRIDE_H

#include "apps/sim/defect/defect.h"

enum { SIM_OVERRIDE_SLOT = 8 }; /* Manual Operator (ASHRAE 135, clause 19.2.2) */

/* Its subject is a SimObject that takes commands. */
extern const DefectKind sim_override_forgotten;

#endif
