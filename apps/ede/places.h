/* Where the devices of a file are: which of the site's each one is, or the address that a new one answers at.
 */
#ifndef EDE_PLACES_H
#define EDE_PLACES_H

#include "apps/ede/site.h"
#include "bacnet/wire/address.h"
#include "config/arguments.h"

/* A device that the file is about. */
typedef struct EdePlace {
    uint32_t instance;
    BpStr twin;                 /* as in EdeObject */
    const EdeObject *first;     /* the first of its lines, in the order of ede_compare */
    const EdeSiteDevice *known; /* NULL: new */
    BpStr address;              /* of a new one */
} EdePlace;

/* What it is made from is set by the caller and borrowed; items and the two counts are ede_places_find's. */
typedef struct EdePlaces {
    const char *file;
    const Ede *ede; /* sorted by ede_compare */
    const EdeSite *site;
    SayProblems *problems;
    BpArena *arena;
    EdePlace *items; /* ascending by instance, then twin */
    size_t count;
    size_t left_out; /* objects of types that are no points */
} EdePlaces;

/* --address: where somebody says that a device of the file is. */
typedef struct EdeToldPlaces {
    struct EdeToldPlace *items;
    size_t count;
} EdeToldPlaces;

/* Reads INSTANCE=ADDRESS of each text. BP_INVALID: one is none, says it twice, or of a device that is not in
 * the file. */
BpStatus ede_places_read_told(const CfgTexts *texts, const Ede *ede, BpArena *arena, EdeToldPlaces *ret_told,
                              BpError *err) BP_CHECKED;

/* Is the object this device, or of it? */
bool ede_place_has(const EdePlace *place, const EdeObject *object);

/* Finds a place for each device; whose there is none is added to the problems. */
void ede_places_find(EdePlaces *places, const EdeToldPlaces *told);

#endif
