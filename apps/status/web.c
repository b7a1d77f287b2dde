#include "apps/status/status.h"
#include "base/time.h"
#include "front/front.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum { PATIENCE_S = 3 };

/* ---- connections ---- */

static int connect_to(int family, const void *address, socklen_t size)
{
    const struct timeval patience = {.tv_sec = PATIENCE_S};
    const int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience); /* of connect, too */
    if (connect(fd, address, size) == 0)
        return fd;
    const int number = errno;
    close(fd);
    errno = number;
    return -1;
}

static int connect_to_socket(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    return connect_to(AF_UNIX, &address, sizeof address);
}

static int connect_to_port(const char *ip, int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    inet_pton(AF_INET, strcmp(ip, "0.0.0.0") == 0 ? "127.0.0.1" : ip, &address.sin_addr);
    return connect_to(AF_INET, &address, sizeof address);
}

/* ---- what it says ---- */

/* The port is the last number of "http://127.0.0.1:8080/". */
static int port_of(const char *url)
{
    const char *colon = url ? strrchr(url, ':') : NULL;
    return colon ? (int)strtol(colon + 1, NULL, 10) : 0;
}

/* Its status; 0: none came. */
static int ask(int fd, const char *host)
{
    static const char begin[] = "HTTP/1.1 ";
    char text[512];
    const int size = snprintf(text, sizeof text,
                              "GET /api/v1/ready HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", host);
    if (send(fd, text, (size_t)size, MSG_NOSIGNAL) != size)
        return 0;
    const ssize_t length = recv(fd, text, sizeof text - 1, MSG_WAITALL);
    text[length > 0 ? length : 0] = '\0';
    return strncmp(text, begin, strlen(begin)) == 0 ? (int)strtol(text + strlen(begin), NULL, 10) : 0;
}

static void look_at_nginx(const Front *front, StatusWeb *web)
{
    const int fd = connect_to_port(front->address, front->port);
    if (fd < 0)
        snprintf(web->why, sizeof web->why,
                 "is not reached, nginx does not listen there (%s): the reason is in what `bacpipes up` "
                 "says, and in log/nginx.log",
                 bp_errno_text(errno));
    else
        close(fd);
}

void status_look_at_web(const Cfg *cfg, const StatusFolder *folder, BpArena *arena, StatusWeb *ret_web)
{
    Front front;
    BpError unknown;
    *ret_web = (StatusWeb){0};
    if (!folder->up || !folder->is_up_ready || front_read(cfg, arena, &front, &unknown) != BP_OK ||
        front.is_off)
        return;
    const char *url = front_url(&front, cfg->data_folder, arena);
    ret_web->is_wanted = true;
    snprintf(ret_web->where, sizeof ret_web->where, "%s", url ? url : front.socket);
    const int fd =
        front.socket ? connect_to_socket(front.socket) : connect_to_port(front.address, port_of(url));
    if (fd < 0) {
        snprintf(ret_web->why, sizeof ret_web->why, "does not answer (%s): the reason is in log/web.log",
                 bp_errno_text(errno));
        return;
    }
    ret_web->answer = ask(fd, front.names[0]);
    close(fd);
    if (ret_web->answer != 200 && ret_web->answer != 503)
        snprintf(ret_web->why, sizeof ret_web->why, "does not answer as it should: look into log/web.log");
    else if (front.has_nginx)
        look_at_nginx(&front, ret_web);
}
