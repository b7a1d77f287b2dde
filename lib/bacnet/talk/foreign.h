/* Being a foreign device: registered with a BBMD of another subnet, which then passes broadcasts on, both
 * ways (ASHRAE 135, clause J.5.2). No sockets, no clock.
 *
 * Registrations end by themselves and messages get lost, so it is renewed long before its end, and asked for
 * again for as long as it takes, whatever the BBMD says or does not say. */
#ifndef BACNET_TALK_FOREIGN_H
#define BACNET_TALK_FOREIGN_H

#include "bacnet/wire/datagram.h"

/* In the caller's memory, from bac_foreign_init on. Changed here alone, and there to be read. */
typedef struct BacForeign {
    BacAddress bbmd;
    uint16_t ttl_s; /* 30 at least is asked for */
    bool is_registered;
    bool is_refused;      /* the BBMD said no, last */
    uint32_t failures;    /* registrations in a row that were refused or not answered */
    int64_t due_us;       /* of the next registration */
    int64_t confirmed_us; /* the last time */
    int64_t lapses_us;    /* when the BBMD forgets the last one that it confirmed */
    uint64_t sent, confirmed, refused;
} BacForeign;

void bac_foreign_init(BacForeign *foreign, const BacAddress *bbmd, uint16_t ttl_s, int64_t now_us);

/* Writes the registration to send to the BBMD, where one is due. True: it did. */
bool bac_foreign_advance(BacForeign *foreign, BpBuf *out, int64_t now_us);
int64_t bac_foreign_next_due_us(const BacForeign *foreign);

/* Takes a datagram from anybody. True: it is registered now, and was not before. */
bool bac_foreign_take(BacForeign *foreign, const BacDatagram *datagram, int64_t now_us);

/* Asserts what must hold between two calls. */
void bac_foreign_check(const BacForeign *foreign);

#endif
