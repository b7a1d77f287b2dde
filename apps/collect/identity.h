/* Who is at an address. A device is its instance, unique in all of a site's networks (ASHRAE 135, clause
 * 12.11); addresses are lent, by DHCP, by people, by whoever puts a new controller into an old one's place.
 *
 * Whatever comes unasked, as an I-Am, is a reason to ask and no more: anybody can send it in anybody's name.
 * The address is asked, by ReadProperty, and only answers to that count:
 *   - is device,N there? "yes" ends it. "unknown-object", or another name, means that N is not there;
 *   - who is? (device,4194303, which stands for whoever is asked: clause 15.5.2);
 *   - where that is not known: is it the one that the I-Am spoke of?
 * Until there is an answer, what the device told meanwhile waits, and is good only if the device is itself.
 * The same is asked before anything else of a device that was never heard of, or was silent.
 *
 * One that is not in the database and calls itself by the name of one that is, is asked for a name besides
 * that nobody has: whoever says yes to all is believed nothing. For poll.c and ask.c alone. */
#ifndef COLLECT_IDENTITY_H
#define COLLECT_IDENTITY_H

#include "apps/collect/ask.h"

typedef enum CollectVerdict {
    COLLECT_IS_ITSELF,
    COLLECT_IS_ANOTHER, /* device->found says which */
    COLLECT_IS_SILENT,
    COLLECT_ASKS_ON, /* device->question is another one now */
} CollectVerdict;

/* What the next probe reads. */
BacReference collect_identity_question(const CollectDevice *device, BpRandom *random);

/* What the answer to it means. Answers that say neither yes nor no, as a Reject, are a sign of life. */
CollectVerdict collect_identity_judge(const CollectPoller *poller, CollectDevice *device,
                                      const BacAnswer *answer);

#endif
