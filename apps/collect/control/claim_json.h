/* What the database is told of commands, as JSON. */
#ifndef COLLECT_CONTROL_CLAIM_JSON_H
#define COLLECT_CONTROL_CLAIM_JSON_H

#include "apps/collect/control/command.h"

#include <jansson.h>

/* For commands_claim: [{"id", "value_before", "slots"}]. */
json_t *control_claims_json(ControlCommand *const *commands, size_t count);

/* For commands_end: [{"id", "status", "verdict", "text", "value_before", "slots", "held_by", "held_value",
 * "shown_value"}]. */
json_t *control_ends_json(const ControlCommand *const *commands, size_t count);

#endif
