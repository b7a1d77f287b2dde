/* Answering as a device: Who-Is, Who-Has, ReadProperty, ReadPropertyMultiple, ReadRange, WriteProperty,
 * WritePropertyMultiple, SubscribeCOV, GetEventInformation, AcknowledgeAlarm, TimeSynchronization,
 * AddListElement, RemoveListElement, DeviceCommunicationControl and ReinitializeDevice, out of objects that
 * the caller keeps; answers too long for one APDU go out in segments where the client takes them, and
 * requests may come in segments (ASHRAE 135, clause 5.4.5). No sockets, no clock, no allocation. */
#ifndef BACNET_TALK_SERVER_H
#define BACNET_TALK_SERVER_H

#include "bacnet/service/communication_control.h"
#include "bacnet/service/list.h"
#include "bacnet/service/list_element.h"
#include "bacnet/service/reinitialize.h"
#include "bacnet/service/time_sync.h"
#include "bacnet/service/who_is.h"
#include "bacnet/service/write_property.h"
#include "bacnet/talk/segments.h"
#include "bacnet/wire/datagram.h"

typedef struct BacPublisher BacPublisher; /* publisher.h */
typedef struct BacReporter BacReporter;   /* reporter.h */

/* The objects of a device, as its owner answers for them. */
typedef struct BacObjects {
    /* Writes the property's value, or the element `index` of an array (0: its length), application-tagged.
     * Not called for ALL, REQUIRED and OPTIONAL. A value too long just fails `out`. */
    BacRefusal (*read)(void *owner, const BacReference *reference, BpBuf *out);
    /* Takes a value; priority 1 to 16 (16 where the request has none). */
    BacRefusal (*write)(void *owner, const BacWrite *write);
    /* The properties of an object, `i` from 0, for ALL (`only` BAC_PROP_ALL), REQUIRED and OPTIONAL;
     * Property_List is not among them (clause 15.7.3.1.2). False at the end, or where there is no such
     * object. */
    bool (*property)(void *owner, BacObjectId object, uint32_t only, size_t i, uint32_t *ret_property);
    bool (*exists)(void *owner, BacObjectId object);
    /* The object with this name, UTF-8. May be NULL: nobody is found by name. */
    bool (*find)(void *owner, BpStr name, BacObjectId *ret_object);
    /* The property as a list for ReadRange; *ret_list is used until the server returns. Refuses what is no
     * list. May be NULL: ReadRange is not known. */
    BacRefusal (*list)(void *owner, const BacReference *reference, BacList *ret_list);
    /* Adds elements to a list, or removes them (`adds` false): all of them or, refused, none, and then
     * *ret_failed is the first that fails, from 1. May be NULL: AddListElement and RemoveListElement are not
     * known. */
    BacRefusal (*change)(void *owner, const BacListElements *elements, bool adds, uint32_t *ret_failed);
    /* The clock is to be set, to a time of this place or, `is_utc`, to one of UTC. May be NULL. */
    void (*set_clock)(void *owner, const BacDateTime *now, bool is_utc);
    /* The device is to be quiet, or to restart: it does that after this, when the answer is on its way. The
     * state is one that the standard has, the password no longer than BAC_PASSWORD_MAX. May be NULL: the
     * service is not known. */
    BacRefusal (*communicate)(void *owner, const BacCommunicationControl *control, int64_t now_us);
    BacRefusal (*reinitialize)(void *owner, const BacReinitialize *reinitialize, int64_t now_us);
} BacObjects;

/* Largest answer that can be put into segments, in octets of parameters. */
enum { BAC_SERVER_ANSWER_MAX = 64 * 1024 };

/* A segmented answer on its way, in the caller's memory. Contents are the server's own. */
typedef struct BacSending {
    bool in_use;
    uint8_t invoke_id, service;
    BacSegmentSender sender;
    int64_t due_at_us;
    BacAddress to;
    BpBuf answer; /* over octets */
    uint8_t octets[BAC_SERVER_ANSWER_MAX];
} BacSending;

/* A segmented request on its way here. Contents are the server's own. */
typedef struct BacReceiving {
    bool in_use;
    BacApdu header; /* of its first segment */
    BacAddress from;
    int64_t received_us; /* the last segment in order */
    int64_t due_at_us;
    BacSegmentReceiver receiver; /* over octets */
    uint8_t octets[BAC_SERVER_ANSWER_MAX];
} BacReceiving;

typedef struct BacServerOptions {
    void *owner;
    void (*send)(void *owner, const BacAddress *to, BpStr datagram);
    const BacObjects *objects;
    BacIAm identity;        /* max_apdu: what the device takes and the longest it sends, 50 to 1476 */
    BacStation station;     /* its own, when it sits on a network behind a router; else zero */
    bool has_read_multiple; /* without: Reject unrecognized-service */
    uint16_t answer_max;    /* aborts longer answers with buffer-overflow, or leaves them out; 0: none is too
                               long. For simulated devices, as are: */
    bool drops_long_answers;
    uint8_t window; /* segments at a time, 1 to 127 */
    uint8_t segment_retries;
    int64_t segment_timeout_us;
    BacSending *sendings; /* need not be zeroed; none: long answers are aborted */
    size_t sending_count;
    BacReceiving *receivings; /* the same for segmented requests */
    size_t receiving_count;
    BacPublisher *publisher; /* of changed values; NULL: SubscribeCOV is rejected */
    BacReporter *reporter;   /* of alarms; NULL: GetEventInformation and AcknowledgeAlarm are rejected */
} BacServerOptions;

typedef struct BacServerCounts {
    uint64_t requests;   /* confirmed ones, each time they come */
    uint64_t answers;    /* SimpleACKs and ComplexACKs, a segmented one once */
    uint64_t refusals;   /* Errors, Rejects and Aborts */
    uint64_t segments;   /* sent, repeated ones too */
    uint64_t unfinished; /* segmented answers that the client aborted or left */
    uint64_t too_long;   /* requests longer than identity.max_apdu: dropped, as real devices do */
    uint64_t malformed;  /* unconfirmed requests that break their rules */
} BacServerCounts;

/* In the caller's memory. `counts` is there to be read; all else is the server's own. */
typedef struct BacServer {
    BacServerOptions options;
    BacServerCounts counts;
} BacServer;

void bac_server_init(BacServer *server, const BacServerOptions *options);

/* Takes any datagram: answers requests and Who-Is (by an I-Am to the asker alone), goes on with segments, and
 * leaves the rest alone. The caller has made sure that the datagram is for this device (address and station).
 */
void bac_server_receive(BacServer *server, const BacDatagram *datagram, int64_t now_us);

/* Forgets all that is under way, as a restart does. */
void bac_server_forget(BacServer *server);

/* Sends an I-Am to `to`: a node or station, or, where `is_broadcast`, all of them there. */
void bac_server_announce(BacServer *server, const BacAddress *to, bool is_broadcast);

/* Sends again what was not acknowledged in time, and forgets what never was. */
void bac_server_expire(BacServer *server, int64_t now_us);

/* When bac_server_expire has something to do; INT64_MAX for never. */
int64_t bac_server_next_due_us(const BacServer *server);

/* Asserts what must hold between two calls. */
void bac_server_check(const BacServer *server);

#endif
