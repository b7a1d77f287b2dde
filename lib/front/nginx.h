/* The configuration of the nginx that stands in front of the web: all of it, so that what a machine has in
 * /etc/nginx plays no part. Docs: docs/operating.md, "The web". */
#ifndef FRONT_NGINX_H
#define FRONT_NGINX_H

#include "base/buf.h"
#include "front/front.h"

typedef struct FrontNginx {
    const Front *front; /* has_nginx */
    const char *folder; /* absolute, the site's user's own: its process number and what it puts aside */
    const char *socket; /* of `bacpipes web`, absolute */
    const char *files;  /* of the built interface; NULL: it asks `bacpipes web` for them, too */
} FrontNginx;

/* BP_INVALID: a path has a character that nginx would read as its own; nothing was written. */
BpStatus front_write_nginx(const FrontNginx *what, BpBuf *out, BpError *err) BP_CHECKED;

#endif
