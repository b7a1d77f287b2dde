/* What entries about people (event "user" of kind audit) say: who logged in, who may what. */
#ifndef RECORD_PEOPLE_H
#define RECORD_PEOPLE_H

#include "base/buf.h"

#include <jansson.h>

/* One sentence; `who` did it (NULL: it does not say). False: an op that is not known, and nothing is written.
 */
bool record_say_person(const json_t *body, const char *who, BpBuf *out);

#endif
