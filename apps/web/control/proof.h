/* Proving journals: jobs of kind prove-audit are carried out here, page by page on the pool, so that a long
 * journal keeps nobody waiting. What it proves is what `bacpipes audit verify` does (lib/journal). Of this
 * folder. */
#ifndef WEB_CONTROL_PROOF_H
#define WEB_CONTROL_PROOF_H

#include "apps/web/control/control.h"

/* Somebody has asked for a proof of this site's journal. One is made at a time, of each site. */
void control_proofs_look(Control *control, const char *site);

/* Nobody waits any more. */
void control_proofs_leave(Control *control);

#endif
