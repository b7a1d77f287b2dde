/* The ways in which a building fails. */
#ifndef SIM_DEFECT_KINDS_H
#define SIM_DEFECT_KINDS_H

#include "apps/sim/defect/defect.h"
#include "base/str.h"

/* By what fails, and its struct; the last row has no name. */
extern const DefectKind defect_kinds[];

/* NULL: what is there does not fail in that way. */
const DefectKind *defect_kind_find(DefectPlace place, BpStr name);

#endif
