/* What browsers and programs bring to be known by. */
#ifndef WEB_ACCESS_COOKIE_H
#define WEB_ACCESS_COOKIE_H

#include "base/str.h"

/* The value of a cookie in the header Cookie (RFC 6265, 4.2). data is NULL: there is none of that name, or
 * there are two that differ, of which one may be somebody else's doing. */
BpStr cookie_find(BpStr header, const char *name);

/* The token of "Bearer bp_..." (RFC 6750, 2.1), whole. data is NULL: it is none of ours. */
BpStr cookie_bearer(BpStr authorization);

#define COOKIE_TOKEN_PREFIX "bp_"

#endif
