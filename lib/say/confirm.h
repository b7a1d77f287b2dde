/* What is not to happen by mistake: somebody at the terminal is asked for it. */
#ifndef SAY_CONFIRM_H
#define SAY_CONFIRM_H

#include "base/error.h"

/* Says `what` on standard error, which ends with a full stop, and asks whether it is meant. BP_INVALID:
 * nobody is there to be asked, --yes would say it; BP_REFUSED: it is not meant. */
BpStatus say_confirm(const char *what, BpError *err) BP_CHECKED;

#endif
