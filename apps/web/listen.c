/* Where it listens, and the names it goes by there. */
#include "apps/web/web.h"
#include "front/nginx.h"
#include "say/exit.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

BpStatus web_read_listen(const Cfg *cfg, BpArena *arena, HttpdOptions *options, Front *ret_front,
                         BpError *err)
{
    BP_TRY(front_read(cfg, arena, ret_front, err));
    if (ret_front->is_off)
        return bp_fail(err, BP_INVALID,
                       "web.listen is empty: there is nowhere to listen; an address and a port are right "
                       "(127.0.0.1:8080), or the path of a socket");
    options->address = ret_front->socket ? ret_front->socket : ret_front->address;
    options->port = ret_front->socket ? 0 : ret_front->port;
    return BP_OK;
}

static BpStatus write_nginx(const Cfg *cfg, BpArena *arena, BpBuf *out, BpError *err)
{
    Front front;
    BP_TRY(front_read(cfg, arena, &front, err));
    if (!front.has_nginx)
        return bp_fail(err, BP_INVALID,
                       "web.listen = %s: nginx is for an address that other machines reach, as "
                       "--set web.listen=10.2.0.5:8443",
                       cfg->web_listen);
    if (front.authority && access(front.authority, F_OK) != 0)
        return bp_fail(
            err, BP_INVALID,
            "web.certificate is not set: `bacpipes up` makes one of an authority of its own, and an nginx "
            "of yours wants yours (web.certificate, web.key)");
    BpBuf folder = bp_buf_growing(PATH_MAX);
    bp_buf_printf(&folder, "%s/nginx", cfg->data_folder);
    const FrontNginx what = {.front = &front,
                             .folder = bp_arena_text(arena, bp_buf_text(&folder)),
                             .socket = front.socket,
                             .files = front_files(cfg, arena)};
    bp_buf_done(&folder);
    return front_write_nginx(&what, out, err);
}

int web_print_nginx(const Cfg *cfg, BpArena *arena)
{
    char data[PATH_MAX];
    BpError err;
    Cfg absolute = *cfg;
    if (realpath(cfg->data_folder, data))
        absolute.data_folder = data;
    BpBuf out = bp_buf_growing(256 * 1024);
    const bool is_written = write_nginx(&absolute, arena, &out, &err) == BP_OK;
    if (is_written)
        printf("%.*s", BP_STR_ARGS(bp_buf_text(&out)));
    bp_buf_done(&out);
    return is_written ? EX_OK : say_fail_with(EX_CONFIG, "bacpipes web", bp_str(err.text));
}
