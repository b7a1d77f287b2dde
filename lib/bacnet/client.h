/* Asking devices: confirmed requests, their retries, segmented answers, and the matching of what comes back
 * (ASHRAE 135, clause 5.4.4). No sockets, no clock, no allocation: datagrams and instants come in as
 * arguments, datagrams go out through `send`, and memory is the caller's.
 *
 * An answer is taken only if the peer's whole address, the invoke ID, the service, and, where the answer
 * names them, the objects, properties and indexes are those of the request. All else is counted and dropped.
 * An invoke ID rests after a timeout, so that a late answer cannot meet a new request (SimpleACK and Error
 * name no object). */
#ifndef BACNET_CLIENT_H
#define BACNET_CLIENT_H

#include "bacnet/datagram.h"
#include "bacnet/service.h"

typedef struct BacClient BacClient;
typedef struct BacTransaction BacTransaction;

/* Somebody who is asked: one for each address, in the caller's memory, from bac_client_add to
 * bac_client_remove. */
typedef struct BacPeer {
    BacAddress address;
    uint16_t max_apdu; /* what it takes (I-Am): longer requests are refused here, since many devices just drop
                          them */

    /* The client's own: */
    BacPeer *next_in_bucket;
    BacTransaction *transactions; /* waiting or resting */
    uint64_t invoke_ids[4];       /* a bit each: in use or resting */
    uint8_t next_invoke_id;
    uint16_t waiting; /* transactions that are neither done nor resting */
} BacPeer;

typedef struct BacRequest {
    uint8_t service;    /* BacConfirmedService */
    BpStr parameters;   /* encoded; copied */
    int64_t timeout_us; /* of each try */
    uint8_t retries;    /* further tries after the first; 0 for what must not be sent twice */
    void *context;      /* given back with the answer */
} BacRequest;

typedef enum BacOutcome {
    BAC_ANSWERED, /* body holds the ACK's parameters (empty for a SimpleACK) */
    BAC_REFUSED,  /* see refusal */
    BAC_SILENT,   /* no answer to any try, or a segmented one that stopped */
} BacOutcome;

typedef struct BacAnswer {
    BacPeer *peer;
    void *context;
    uint8_t service;
    BacOutcome outcome;
    BacRefusal refusal;
    BpCursor request;      /* the request's parameters */
    BpCursor body;         /* valid, like `request`, until the client is called again */
    int64_t round_trip_us; /* of the last try; 0 when silent */
    uint8_t tries;
} BacAnswer;

typedef struct BacClientCounts {
    uint64_t requests; /* first tries */
    uint64_t retries;
    uint64_t answers; /* ACKs that matched */
    uint64_t errors, rejects, aborts;
    uint64_t silent;  /* requests given up */
    uint64_t late;    /* answers to a resting invoke ID */
    uint64_t foreign; /* answers to nothing we asked: unknown peer, ID, service, object, property or index */
    uint64_t duplicates; /* segments that came twice */
    uint64_t malformed;  /* answers whose parameters break the rules */
    uint64_t octets_sent, octets_received;
} BacClientCounts;

/* Largest request that is kept for its retries, and largest answer put together from segments. */
enum { BAC_REQUEST_MAX = BAC_APDU_MAX - 4, BAC_ANSWER_MAX = 128 * 1024, BAC_WINDOW = 16 };

/* In the caller's memory, as many as may be under way or resting at once. Contents are the client's own. */
struct BacTransaction {
    BacTransaction *next_of_peer, *next_free;
    BacPeer *peer;
    void *context;
    int64_t timeout_us, sent_at_us;
    int64_t due_at_us; /* when this try, this segment or this rest is over */
    size_t heap_index; /* in the client's heap, by due_at_us */
    uint16_t request_size;
    uint8_t invoke_id, service, tries_left, tries;
    uint8_t state;
    uint8_t next_segment, window, window_start; /* of a segmented answer */
    int16_t assembly;                           /* index of its buffer, or -1 */
    uint8_t request[BAC_REQUEST_MAX];
};

/* A buffer that a segmented answer is put together in. */
typedef struct BacAssembly {
    bool in_use;
    size_t size;
    uint8_t octets[BAC_ANSWER_MAX];
} BacAssembly;

typedef struct BacClientOptions {
    void *owner;
    void (*send)(void *owner, const BacAddress *to,
                 BpStr datagram); /* `to` may name a station: send to its router */
    BacTransaction *transactions;
    BacTransaction **heap; /* room for as many pointers */
    size_t transaction_count;
    BacPeer **buckets; /* zeroed; a power of two of them, about as many as peers */
    size_t bucket_count;
    BacAssembly
        *assemblies; /* few: a segmented answer that finds none free is aborted with out-of-resources */
    size_t assembly_count;
    int64_t segment_timeout_us; /* 2 s by the standard's APDU_Segment_Timeout; four of them end the answer */
} BacClientOptions;

struct BacClient {
    BacClientOptions options;
    BacClientCounts counts;
    BacTransaction *free;
    size_t heap_size;
    int16_t assembly_to_free; /* given to the caller with the last answer, or -1 */
};

/* `options` is copied; what it points to must outlive the client. */
void bac_client_init(BacClient *client, const BacClientOptions *options);

/* peer->address and peer->max_apdu are set by the caller, all else zero. BP_CONFLICT: the address is there
 * already. */
BpStatus bac_client_add(BacClient *client, BacPeer *peer, BpError *err) BP_CHECKED;

/* Forgets the peer and its transactions, without answers for them. */
void bac_client_remove(BacClient *client, BacPeer *peer);

/* The peer with this address, or NULL. */
BacPeer *bac_client_find(const BacClient *client, const BacAddress *address);

/* Sends a request. BP_FULL: no transaction or no invoke ID is free now. BP_INVALID: it is longer than the
 * peer takes. */
BpStatus bac_client_request(BacClient *client, BacPeer *peer, const BacRequest *request, int64_t now_us,
                            BpError *err) BP_CHECKED;

/* Takes a datagram that bac_datagram_decode understood and whose APDU is an ACK, SegmentACK, Error, Reject or
 * Abort. True when it ended a transaction: *ret_answer says which and how. */
bool bac_client_receive(BacClient *client, const BacDatagram *datagram, int64_t now_us,
                        BacAnswer *ret_answer);

/* Sends again what is due, and gives up on what has been tried often enough. True when one ended: call again,
 * until false. */
bool bac_client_expire(BacClient *client, int64_t now_us, BacAnswer *ret_answer);

/* When bac_client_expire has something to do; INT64_MAX for never. */
int64_t bac_client_next_due_us(const BacClient *client);

#endif
