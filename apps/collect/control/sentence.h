/* What became of a command, as a sentence for whoever asked. Each says what is true and no more: whether
 * something was written, what the device said, and what was read then. */
#ifndef COLLECT_CONTROL_SENTENCE_H
#define COLLECT_CONTROL_SENTENCE_H

#include "apps/collect/control/command.h"

/* Of its verdict, answer, and what was seen last; into command->text, like those below. */
void control_say_verdict(ControlCommand *command, int64_t verify_within_us);

/* Why a look did not see the object, as a sentence without its end: "the device does not answer". */
enum { CONTROL_SIGHT_TEXT = 320 };
char *control_sight_format(const ControlSeen *seen, BacObjectId object, char ret_text[CONTROL_SIGHT_TEXT]);

/* Nothing was written: for what the look before saw, for what the poller said, and for a time that is over.
 */
void control_say_sight(ControlCommand *command, const ControlSeen *seen);
void control_say_why(ControlCommand *command, CollectOrderWhy why);
void control_say(ControlCommand *command, const char *format, ...) BP_PRINTF(2, 3);

#endif
