/* Of this folder: what the record says of sites and their central. */
#ifndef RECORD_LINK_H
#define RECORD_LINK_H

#include "base/buf.h"

#include <jansson.h>

/* Of events `site` (at central) and `central` (at a site). False: it is another. */
bool record_say_link(const json_t *body, const char *who, BpBuf *out);

#endif
