/* What is answered to who asks by MQTT. Of this folder. */
#ifndef COLLECT_CONTROL_ANSWER_JSON_H
#define COLLECT_CONTROL_ANSWER_JSON_H

#include "io/pg/pg.h"

#include <jansson.h>

/* {"v":1,"status":...,"rule":...,"text":...,"idempotency_key":...}, of what is no row of write_commands.
 * `rule` and `key` may be NULL. */
json_t *control_answer(const char *status, const char *rule, const char *text, const char *key);

/* Of a row, as ask_named_command.sql and select_command_ends.sql have it; `has_ended`: the latter, with what
 * was seen. */
json_t *control_answer_row(const PgRows *rows, size_t row, bool has_ended);

#endif
