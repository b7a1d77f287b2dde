/* Datagrams: received many at a time (recvmmsg), sent at once. */
#include "io/loop/handle.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    RECEIVE_BUFFER = 1024 * 1024,
    DATAGRAM_SLOT = 64 * 1024, /* libuv gives each datagram of one recvmmsg a slot of this size */
    SLOTS = 16,
};

struct LoopUdp {
    uv_udp_t uv;
    void (*on_datagram)(void *owner, const LoopAddress *from, BpCursor octets);
    void *owner;
    uint64_t dropped;
    bool freed;
    char *slots;
};

static struct sockaddr_in socket_address(const LoopAddress *address)
{
    struct sockaddr_in result = {.sin_family = AF_INET, .sin_port = htons(address->port)};
    memcpy(&result.sin_addr, address->ip, sizeof address->ip);
    return result;
}

static LoopAddress address_from(const struct sockaddr_in *socket)
{
    LoopAddress address = {.port = ntohs(socket->sin_port)};
    memcpy(address.ip, &socket->sin_addr, sizeof address.ip);
    return address;
}

static void on_allocate(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    LoopUdp *udp = handle->data;
    (void)suggested;
    *buf = uv_buf_init(udp->slots, SLOTS * DATAGRAM_SLOT);
}

static void on_receive(uv_udp_t *uv, ssize_t size, const uv_buf_t *buf, const struct sockaddr *from,
                       unsigned flags)
{
    LoopUdp *udp = uv->data;
    if (udp->freed || size <= 0 || !from || from->sa_family != AF_INET || flags & UV_UDP_PARTIAL)
        return; /* nothing more for now, an ICMP error of somebody we asked, or cut short */
    struct sockaddr_in source;
    memcpy(&source, from, sizeof source);
    const LoopAddress address = address_from(&source);
    udp->on_datagram(udp->owner, &address, bp_cursor(buf->base, (size_t)size));
}

static int open_socket(const LoopAddress *bind_to, bool is_shared, int *ret_fd)
{
    const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return errno;
    const int on = 1, size = RECEIVE_BUFFER;
    setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof on);
    if (is_shared)
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size); /* the system may grant less */
    const struct sockaddr_in address = socket_address(bind_to);
    if (bind(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        const int number = errno;
        close(fd);
        return number;
    }
    *ret_fd = fd;
    return 0;
}

LoopUdp *loop_udp_new(Loop *loop, const LoopAddress *bind_to, bool is_shared,
                      void (*on_datagram)(void *owner, const LoopAddress *from, BpCursor octets), void *owner,
                      BpError *err)
{
    int fd = -1;
    const int number = open_socket(bind_to, is_shared, &fd);
    if (number) {
        bp_fail(err, number == EADDRINUSE ? BP_CONFLICT : BP_UNAVAILABLE, "UDP %u.%u.%u.%u:%u: %s",
                bind_to->ip[0], bind_to->ip[1], bind_to->ip[2], bind_to->ip[3], bind_to->port,
                number == EADDRNOTAVAIL ? "not an address of this machine" : bp_errno_text(number));
        return NULL;
    }
    LoopUdp *udp = loop_allocate(sizeof *udp);
    udp->on_datagram = on_datagram;
    udp->owner = owner;
    udp->slots = malloc((size_t)SLOTS * DATAGRAM_SLOT); /* untouched pages cost nothing */
    udp->uv.data = udp;
    if (!udp->slots || uv_udp_init_ex(loop_uv(loop), &udp->uv, AF_UNSPEC | UV_UDP_RECVMMSG) != 0 ||
        uv_udp_open(&udp->uv, fd) != 0 || uv_udp_recv_start(&udp->uv, on_allocate, on_receive) != 0)
        abort();
    return udp;
}

LoopAddress loop_udp_address(const LoopUdp *udp)
{
    struct sockaddr_in address = {0};
    int size = sizeof address;
    uv_udp_getsockname(&udp->uv, (struct sockaddr *)&address, &size);
    return address_from(&address);
}

BpStatus loop_udp_send(LoopUdp *udp, const LoopAddress *to, BpStr octets, BpError *err)
{
    const struct sockaddr_in address = socket_address(to);
    int fd;
    if (uv_fileno((const uv_handle_t *)&udp->uv, &fd) != 0)
        return bp_fail(err, BP_UNAVAILABLE, "the socket is closed");
    ssize_t sent;
    do {
        sent = sendto(fd, octets.data, octets.size, MSG_NOSIGNAL, (const struct sockaddr *)&address,
                      sizeof address);
        /* ECONNREFUSED tells of an earlier datagram that nobody wanted: this one has not been tried yet. */
    } while (sent < 0 && (errno == EINTR || errno == ECONNREFUSED));
    if (sent >= 0)
        return BP_OK;
    udp->dropped++;
    return bp_fail(err, errno == EAGAIN || errno == ENOBUFS ? BP_FULL : BP_UNAVAILABLE,
                   "sending to %u.%u.%u.%u:%u: %s", to->ip[0], to->ip[1], to->ip[2], to->ip[3], to->port,
                   bp_errno_text(errno));
}

uint64_t loop_udp_dropped(const LoopUdp *udp)
{
    return udp->dropped;
}

static void on_udp_closed(uv_handle_t *handle)
{
    LoopUdp *udp = handle->data;
    free(udp->slots);
    free(udp);
}

void loop_udp_free(LoopUdp *udp)
{
    if (!udp)
        return;
    udp->freed = true; /* more datagrams of the same recvmmsg may still be handed out */
    uv_close((uv_handle_t *)&udp->uv, on_udp_closed);
}
