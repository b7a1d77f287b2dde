/* What a connection costs on the wire. */
#include "io/pg/connection.h"

#ifdef __linux__
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>

enum { HEADERS = 52 }; /* of a segment: IPv4 without options, TCP with timestamps */

static bool counts(int socket, PgOctets *ret_octets)
{
    struct tcp_info info = {0};
    socklen_t size = sizeof info;
    if (getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0)
        return false; /* of another kind */
    /* Kernels before 4.19 do not tell what was sent with what was sent again. */
    const bool has_sent = size >= offsetof(struct tcp_info, tcpi_bytes_sent) + sizeof info.tcpi_bytes_sent;
    ret_octets->sent = (int64_t)(has_sent ? info.tcpi_bytes_sent : info.tcpi_bytes_acked) +
                       (int64_t)info.tcpi_segs_out * HEADERS;
    ret_octets->received = (int64_t)info.tcpi_bytes_received + (int64_t)info.tcpi_segs_in * HEADERS;
    return true;
}
#else
static bool counts(int socket, PgOctets *ret_octets)
{
    (void)socket, (void)ret_octets;
    return false;
}
#endif

/* Where the server ended the connection libpq has closed the socket before anybody is told: what was seen of
 * it last counts. */
PgOctets pg_octets(Pg *pg)
{
    PgOctets now = {0};
    if (pg->connection && PQsocket(pg->connection) >= 0 && counts(PQsocket(pg->connection), &now))
        pg->octets_seen = now;
    return (PgOctets){pg->octets.sent + pg->octets_seen.sent, pg->octets.received + pg->octets_seen.received};
}
