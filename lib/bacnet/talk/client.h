/* Asking devices: confirmed requests, their retries, segmented answers, and the matching of what comes back
 * (ASHRAE 135, clause 5.4.4). No sockets, no clock, no allocation: datagrams and instants come in as
 * arguments, datagrams go out through `send`, and memory is the caller's.
 *
 * An answer is taken only if the peer's whole address, the invoke ID, the service, and, where the answer
 * names them, the objects, properties and indexes are those of the request. All else is counted and dropped,
 * and the request goes on waiting.
 *
 * SimpleACK and Error name no object, so an invoke ID must not meet an answer that was meant for its former
 * request. Each peer's IDs are therefore given in turn, and one that was asked more than once or got no
 * answer rests as long again as all its tries took: a device up to twice as slow as its timeout has then
 * answered every copy. Where the network itself doubles datagrams and delays them, `rest_us` lets the others
 * rest too. ID 0 is never used, since some stacks take it for none. */
#ifndef BACNET_TALK_CLIENT_H
#define BACNET_TALK_CLIENT_H

#include "bacnet/service/error.h"
#include "bacnet/talk/dues.h"
#include "bacnet/talk/invoke_ids.h"
#include "bacnet/talk/segments.h"
#include "bacnet/wire/datagram.h"

typedef struct BacClient BacClient;
typedef struct BacPeer BacPeer;

enum {
    BAC_REQUEST_MAX = BAC_APDU_MAX - 4, /* octets of parameters, kept for the retries */
    BAC_ANSWER_MAX = 128 * 1024,        /* octets put together from segments, */
    BAC_ANSWER_TIMEOUTS = 150,          /* and how long that may take, in segment timeouts */
    BAC_WINDOW = 16,                    /* segments taken or sent before one SegmentACK, at most */
    BAC_OUTSTANDING_MAX = 255,          /* requests to one peer: as many as there are invoke IDs */
    BAC_TRANSACTIONS_MAX = UINT16_MAX,
};

/* What the client alone keeps of a peer. */
typedef struct BacPeerState {
    uint8_t last_invoke_id;
    uint16_t numbers[256];  /* of the transaction that waits with this invoke ID, plus 1; 0 for none */
    BacInvokeIds in_use;    /* those of `numbers` */
    BacInvokeIds answered;  /* answered since they were last given out */
    BacRest rest_of_copies; /* other tries than the one that was answered, if any was, may be answered yet */
    BacRest rest_of_all;    /* options.rest_us */
    BacPeer *next_in_bucket;
} BacPeerState;

/* Somebody who is asked: one for each address, in the caller's memory, from bac_client_add to
 * bac_client_remove. */
struct BacPeer {
    BacAddress address;
    uint16_t max_apdu;   /* what it takes (I-Am), BAC_APDU_MIN at least, whatever it says: longer requests are
                            refused here, since many devices just drop them, or go out in segments: */
    bool takes_segments; /* segmented-both or -receive */

    /* Changed by the client alone, and there to be read: */
    uint16_t outstanding; /* requests that wait for their answer */
    uint16_t assembling;  /* those of them whose answers come in segments */

    BacPeerState own; /* the client's own */
};

typedef struct BacRequest {
    uint8_t service;    /* BacConfirmedService */
    BpStr parameters;   /* encoded; copied, but what is longer than BAC_REQUEST_MAX stays the caller's until
                           the answer */
    int64_t timeout_us; /* of each try, once all of it is sent */
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
    bool refused_here;     /* the Abort is ours: no assembly free, an answer too long, an impossible window */
    BpCursor request;      /* the request's parameters */
    BpCursor body;         /* valid, like `request`, until the client is called again */
    int64_t round_trip_us; /* from the last try to the whole answer; 0 when silent */
    uint16_t tries;        /* more than one: the round trip may belong to an earlier one */
} BacAnswer;

typedef struct BacClientCounts {
    uint64_t requests; /* first tries */
    uint64_t retries;
    uint64_t answers; /* ACKs that matched */
    uint64_t errors, rejects, aborts;
    uint64_t silent;     /* requests given up */
    uint64_t late;       /* answers to requests that were given up */
    uint64_t duplicates; /* answers to requests that had theirs, and segments that came twice */
    uint64_t foreign; /* answers to nothing we asked: unknown peer, ID, service, object, property or index */
    uint64_t malformed; /* answers whose parameters break the rules */
} BacClientCounts;

/* One request under way, in the caller's memory. Contents are the client's own. */
struct BacTransaction {
    BacTransaction *next_free;
    BacPeer *peer;
    void *context;
    int64_t timeout_us, sent_at_us;
    struct BacAssembly *assembly; /* once the first segment of the answer has come */
    int64_t assembled_by_us;      /* or it is given up */
    uint32_t heap_index;
    BpStr parameters;        /* in `request`, or the caller's */
    BacSegmentSender sender; /* of a request in segments */
    uint16_t segment_size;   /* 0: it goes in one piece */
    uint16_t tries;
    uint8_t invoke_id, service, tries_left;
    uint8_t request[BAC_REQUEST_MAX];
};

/* A buffer that a segmented answer is put together in. */
typedef struct BacAssembly {
    bool in_use;
    BacSegmentReceiver receiver; /* over octets */
    uint8_t octets[BAC_ANSWER_MAX];
} BacAssembly;

typedef struct BacClientOptions {
    void *owner;
    /* Sends a datagram; where `to` names a station, to its router. */
    void (*send)(void *owner, const BacAddress *to, BpStr datagram);
    BacTransaction *transactions; /* as many as may be outstanding in all, up to BAC_TRANSACTIONS_MAX */
    BacDue *heap;                 /* as many */
    size_t transaction_count;
    BacPeer **buckets; /* a power of two of them, about as many as peers */
    size_t bucket_count;
    /* Few: a segmented answer that finds none free, or half of them taken by its own device, is aborted with
     * out-of-resources. With none at all, requests say that segments are not taken. */
    BacAssembly *assemblies;
    size_t assembly_count;
    int64_t segment_timeout_us; /* the device's APDU_Segment_Timeout, 2 s; four of them without the next
                                   segment end the answer, and so do BAC_ANSWER_TIMEOUTS in all */
    /* Every invoke ID rests at least so long, and a peer is asked at most 127 times meanwhile. 0: the turn
     * alone, 254 other requests, keeps an ID's answers apart. */
    int64_t rest_us;
    uint64_t seed; /* says where each peer's invoke IDs start: another for each run, so that answers to the
                      run before find nobody */
} BacClientOptions;

/* In the caller's memory. `counts` is there to be read; all else is the client's own. */
struct BacClient {
    BacClientOptions options;
    BacClientCounts counts;
    BacTransaction *free;
    BacDues dues;
    size_t peers;
    uint64_t peers_added; /* ever */
    BacAssembly *lent;    /* to the caller with the last answer */
};

/* `options` is copied; what it points to must outlive the client and need not be zeroed. */
void bac_client_init(BacClient *client, const BacClientOptions *options);

/* What of `peer` is above `outstanding` is set by the caller. BP_CONFLICT: the address is there already. */
BpStatus bac_client_add(BacClient *client, BacPeer *peer, BpError *err) BP_CHECKED;

/* Forgets the peer and its requests, without answers for them. */
void bac_client_remove(BacClient *client, BacPeer *peer);

/* The peer with this address, or NULL. */
BacPeer *bac_client_find(const BacClient *client, const BacAddress *address);

/* Sends a request, in segments where it is longer than the peer's APDUs and the peer takes segments (clause
 * 5.4.4.2). BP_FULL: no transaction or no invoke ID is free now. BP_INVALID: it is longer than the peer
 * takes. */
BpStatus bac_client_request(BacClient *client, BacPeer *peer, const BacRequest *request, int64_t now_us,
                            BpError *err) BP_CHECKED;

/* Takes a datagram that bac_datagram_decode understood. True when it ended a request: *ret_answer says which
 * and how. Other datagrams than ACKs, SegmentACKs, Errors, Rejects and a server's Aborts are left alone. */
bool bac_client_receive(BacClient *client, const BacDatagram *datagram, int64_t now_us,
                        BacAnswer *ret_answer);

/* Sends again what is due, and gives up on what has been tried often enough. True when one ended: call again,
 * until false. */
bool bac_client_expire(BacClient *client, int64_t now_us, BacAnswer *ret_answer);

/* When bac_client_expire has something to do; INT64_MAX for never. */
int64_t bac_client_next_due_us(const BacClient *client);

/* Asserts what must hold between two calls: of each peer, too, unless there are more than
 * BAC_CHECKED_PEERS_MAX. */
void bac_client_check(const BacClient *client);
enum { BAC_CHECKED_PEERS_MAX = 16 };

#endif
