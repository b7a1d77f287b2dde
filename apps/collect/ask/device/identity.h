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
 * Where there is room, each answer to points says whose it is (collect_identity_is_named): another device is
 * noticed without an I-Am, too, and none of its values is good. Devices without that room, or without
 * ReadPropertyMultiple, are asked who they are once a minute.
 *
 * One that is not in the database and calls itself by the name of one that is, is asked for a name besides
 * that nobody has: whoever says yes to all is believed nothing. */
#ifndef COLLECT_ASK_DEVICE_IDENTITY_H
#define COLLECT_ASK_DEVICE_IDENTITY_H

#include "apps/collect/ask/device/decode.h"
#include "apps/collect/ask/device/instances.h"
#include "bacnet/service/read_multiple.h"
#include "base/random.h"

typedef enum CollectVerdict {
    COLLECT_IS_ITSELF,
    COLLECT_IS_ANOTHER, /* device->found says which */
    COLLECT_IS_SILENT,
    COLLECT_ASKS_ON, /* its question is another one now */
} CollectVerdict;

/* Whether answers are asked to say whose they are: by ReadPropertyMultiple, where there is room for it. */
bool collect_identity_is_named(const CollectDevice *device);

/* The device's name, where it is read together with points, and whether the result that comes next in such an
 * answer is it. An error other than unknown-object says nothing. */
BacReference collect_identity_name(const CollectDevice *device);
bool collect_identity_is_own(const CollectDevice *device, BacReadMultiple *walk);

/* What the next probe reads. */
BacReference collect_identity_question(const CollectDevice *device, BpRandom *random);

/* What the answer to it means. Answers that say neither yes nor no, as a Reject, are a sign of life. */
CollectVerdict collect_identity_judge(const CollectInstances *instances, CollectDevice *device,
                                      const BacAnswer *answer);

#endif
