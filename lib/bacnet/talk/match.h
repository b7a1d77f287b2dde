/* Does an answer belong to its request? */
#ifndef BACNET_TALK_MATCH_H
#define BACNET_TALK_MATCH_H

#include "base/cursor.h"

typedef enum BacMatch { BAC_MATCHES, BAC_IS_FOREIGN, BAC_IS_MALFORMED } BacMatch;

/* Whether a service is answered by a ComplexACK; all others are by a SimpleACK (clauses 13 to 17). */
bool bac_match_has_parameters(uint8_t service);

/* Whether the parameters of an ACK speak of what the request's ask for. */
BacMatch bac_match_answer(uint8_t service, BpCursor request, BpCursor body);

#endif
