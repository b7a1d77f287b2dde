/* nginx in front of the web, where other machines reach it. Whatever is wrong with it, or with its
 * certificate, is told, and looked at again: the site and its collector go on without it. */
#include "front/nginx.h"
#include "apps/up/up.h"
#include "base/time.h"
#include "io/tls/certificate.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LEFT_LOOKS = 200 };
static const int64_t LOOK_EVERY_US = 10 * BP_SECOND,
                     RENEWAL_US = 14 * BP_DAY; /* before its end a certificate should have been renewed */
static const char PROGRAM[] = "/usr/sbin/nginx";
static const char not_reached[] = "other machines do not reach the web until that is mended";

/* Once, and again when it is something else. */
static void tell_problem(Up *up, const char *problem, const char *what_becomes)
{
    if (strcmp(up->web.problem, problem) == 0)
        return;
    snprintf(up->web.problem, sizeof up->web.problem, "%s", problem);
    up_leave_block(up);
    up_warn("%s: %s", problem, what_becomes);
}

/* ---- its certificate ---- */

static int64_t version_of(const char *path)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return 0;
    return (int64_t)status.st_mtim.tv_sec * 1000000000 + status.st_mtim.tv_nsec + (int64_t)status.st_ino;
}

static int64_t version_of_files(const Up *up)
{
    return version_of(up->web.front.certificate) * 31 + version_of(up->web.front.key);
}

static void tell_authority(Up *up)
{
    char fingerprint[TLS_FINGERPRINT_TEXT_MAX];
    int64_t until_us;
    BpError unknown;
    if (tls_fingerprint(up->web.front.authority, fingerprint, &until_us, &unknown) != BP_OK)
        return;
    up_say(up,
           "its certificate is of this site's own authority, which can vouch for nothing else: browsers warn "
           "until "
           "%sca.crt is among those that they trust (docs/operating.md, The web); SHA-256 %s",
           up->web.url, fingerprint);
}

/* Sees to our own, or looks at the operator's. */
static BpStatus see_to_certificate(Up *up, int64_t *ret_until_us, BpError *err)
{
    const Front *front = &up->web.front;
    TlsRenewal renewal = TLS_KEPT;
    char title[128];
    snprintf(title, sizeof title, "BacPipes, site %s", up->wish.site);
    if (front->authority)
        BP_TRY(tls_authority_renew(&(TlsAuthorityOptions){.folder = front->authority_folder,
                                                          .title = title,
                                                          .names = front->names,
                                                          .now_us = bp_wall_us()},
                                   &renewal, err));
    if (renewal != TLS_KEPT) {
        up_leave_block(up);
        up_say(up, "%s",
               renewal == TLS_BEGUN ? "an authority for the certificate of the web was made"
                                    : "the certificate of the web was renewed");
    }
    return tls_certificate_check(front->certificate, front->key, bp_wall_us(), ret_until_us, err);
}

static void warn_of_end(Up *up, int64_t until_us)
{
    char text[512], when[BP_TIME_TEXT_MAX];
    if (up->web.front.authority || until_us - bp_wall_us() > RENEWAL_US ||
        up->web.warned_until_us == until_us)
        return;
    up->web.warned_until_us = until_us;
    snprintf(text, sizeof text, "%.300s ends at %s", up->web.front.certificate,
             bp_time_format(until_us, 0, when));
    tell_problem(up, text, "have it renewed; the new one is taken in by itself");
}

/* ---- what a killed one left ---- */

/* Workers outlive a master that was killed, and hold its port. They are known by where they work. */
static bool is_left(const char *pid, const char *folder)
{
    char path[64], text[UP_PATH_MAX] = "";
    struct stat status;
    snprintf(path, sizeof path, "/proc/%.20s/comm", pid);
    if (up_read_line(path, text, sizeof text, &(BpError){0}) != BP_OK || strcmp(text, "nginx") != 0)
        return false;
    snprintf(path, sizeof path, "/proc/%.20s", pid);
    if (stat(path, &status) != 0 || status.st_uid != geteuid())
        return false;
    snprintf(path, sizeof path, "/proc/%.20s/cwd", pid);
    const ssize_t size = readlink(path, text, sizeof text - 1);
    text[size > 0 ? size : 0] = '\0';
    return strcmp(text, folder) == 0;
}

static size_t kill_left(const char *folder)
{
    DIR *processes = opendir("/proc");
    size_t count = 0;
    for (const struct dirent *entry; processes && (entry = readdir(processes)) != NULL;)
        if (*entry->d_name >= '1' && *entry->d_name <= '9' && is_left(entry->d_name, folder)) {
            kill((pid_t)strtol(entry->d_name, NULL, 10), SIGKILL);
            count++;
        }
    if (processes)
        closedir(processes);
    return count;
}

/* They are gone in a moment, as they are not asked. */
static void end_left(const char *folder)
{
    for (int i = 0; i < LEFT_LOOKS && kill_left(folder) > 0; i++)
        usleep(1000);
}

/* ---- starting it, and again ---- */

static BpStatus write_configuration(Up *up, BpError *err)
{
    BpBuf out = bp_buf_growing(256 * 1024);
    const FrontNginx what = {.front = &up->web.front,
                             .folder = up_path(up, "nginx"),
                             .socket = up->web.front.socket,
                             .files = front_files(&up->wish.cfg, &up->arena)};
    BpStatus status = front_write_nginx(&what, &out, err);
    if (status == BP_OK)
        status = up_write_file(up_path(up, "nginx/nginx.conf"), bp_buf_text(&out), err);
    bp_buf_done(&out);
    return status;
}

static BpStatus check_place(Up *up, BpError *err)
{
    const Front *front = &up->web.front;
    if (access(PROGRAM, X_OK) != 0)
        return bp_fail(err, BP_UNAVAILABLE,
                       "web.listen = %s wants nginx, which is not installed (apt install nginx)",
                       up->wish.cfg.web_listen);
    const char *problem = up_tcp_port_problem(front->address, front->port);
    if (!problem)
        return BP_OK;
    const bool is_forbidden = front->port < 1024 && strstr(problem, "root");
    return bp_fail(err, BP_UNAVAILABLE, "%s, port %d: %s%s", front->address, front->port, problem,
                   is_forbidden ? ": start it as root, give it CAP_NET_BIND_SERVICE, or choose port 8443"
                                : "");
}

/* Before each start. */
static BpStatus prepare(Up *up, BpError *err)
{
    int64_t until_us;
    end_left(up_path(up, "nginx"));
    BP_TRY(see_to_certificate(up, &until_us, err));
    BP_TRY(check_place(up, err));
    up->web.files_version = version_of_files(up);
    return write_configuration(up, err);
}

static Part *add_part(Up *up)
{
    Part *part = up_add_part(up, &(UpPartOptions){.name = "nginx",
                                                  .path = PROGRAM,
                                                  .folder = up_path(up, "nginx"),
                                                  .stop_signal = SIGQUIT, /* what is under way is answered */
                                                  .may_bind_low_ports = true,
                                                  .prepare = prepare});
    static const char *const arguments[] = {"nginx", "-e", "stderr", "-p"};
    for (size_t i = 0; i < sizeof arguments / sizeof arguments[0]; i++)
        part_argument(part, arguments[i]);
    part_argument(part, up_path(up, "nginx/"));
    part_argument(part, "-c");
    part_argument(part, up_path(up, "nginx/nginx.conf"));
    return part;
}

static void tell_open(Up *up)
{
    char fingerprint[TLS_FINGERPRINT_TEXT_MAX], when[BP_TIME_TEXT_MAX];
    int64_t until_us = 0;
    BpError unknown;
    if (tls_fingerprint(up->web.front.certificate, fingerprint, &until_us, &unknown) != BP_OK)
        return;
    up_leave_block(up);
    up_say(up, "nginx listens for other machines at %s, port %d, certificate until %s", up->web.front.address,
           up->web.front.port, bp_time_format(until_us, 0, when));
    warn_of_end(up, until_us);
}

/* From then on parts.c keeps it running. */
static void open_it(Up *up)
{
    BpError err;
    Part *part = up_find_part(up, "nginx");
    if (part_start(part ? part : add_part(up), &err) != BP_OK) {
        tell_problem(up, err.text, not_reached);
        return;
    }
    up->web.is_open = true;
    up->web.problem[0] = '\0';
    tell_open(up);
}

/* ---- while it runs ---- */

static void look_at_certificate(Up *up)
{
    int64_t until_us;
    BpError err;
    if (see_to_certificate(up, &until_us, &err) != BP_OK) {
        tell_problem(up, err.text, "nginx goes on with the certificate that it has");
        return;
    }
    const int64_t version = version_of_files(up);
    if (version != up->web.files_version) {
        up->web.files_version = version;
        up->web.problem[0] = '\0';
        part_signal(up_find_part(up, "nginx"), SIGHUP); /* takes in the new one; what is under way goes on */
        tell_open(up);
    }
    warn_of_end(up, until_us);
}

static void look(void *owner)
{
    Up *up = owner;
    if (up->end.is_near)
        return;
    if (up->web.is_open)
        look_at_certificate(up);
    else
        open_it(up);
    loop_timer_set(up->web.timer, loop_now_us(up->loop) + LOOK_EVERY_US);
}

void nginx_start(Up *up)
{
    static const char *const folders[] = {"web", "nginx"};
    BpError err;
    if (!up->web.front.has_nginx)
        return;
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
        if (up_make_folder(up_path(up, "%s", folders[i]), &err) != BP_OK) {
            tell_problem(up, err.text, not_reached);
            return;
        }
    open_it(up);
    if (up->web.front.authority)
        tell_authority(up);
    up->web.timer = loop_timer_new(up->loop, look, up);
    loop_timer_set(up->web.timer, loop_now_us(up->loop) + LOOK_EVERY_US);
}

void nginx_end(Up *up)
{
    loop_timer_free(up->web.timer);
    up->web.timer = NULL;
}
