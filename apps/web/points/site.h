/* A site from inside: its points in slots that stay where they are while they are there, and orders of these
 * slots. Of this folder: site.c has them, order.c sorts, put.c changes, search.c finds. */
#ifndef WEB_POINTS_SITE_H
#define WEB_POINTS_SITE_H

#include "apps/web/points/fold.h"
#include "apps/web/points/intern.h"
#include "apps/web/points/store.h"

#include "base/invariant.h"

typedef struct Device {
    StoreDevice facts; /* first: a StoreDevice of ours is a Device */
    char *texts;       /* all that `facts` points to */
    uint32_t number;   /* of the site's `device_slots` */
    uint32_t place;    /* in the order of names */
    bool is_renamed;   /* its points are to be put in order again: store_put_devices and put_points.c */
    bool is_given;     /* it is among those that are being put */
    uint8_t key_size;
    char key[FOLD_KEY_MAX];
} Device;

enum { ROW_IS_USED = 1, ROW_IS_ENABLED = 2, ROW_IS_WRITABLE = 4, ROW_IS_HELD = 8, ROW_IS_MOVING = 16 };
enum { ROW_QUALITY_NONE = 3 }; /* nothing was read yet; else MDL_GOOD to MDL_BAD */

/* What a search looks at, of each slot; small, since it looks at all of them. */
typedef struct Row {
    uint32_t text_at; /* in `search` */
    uint16_t text_size;
    uint8_t flags, quality;
    uint32_t device, type, tags; /* numbers */
} Row;

/* What is behind a point, beside what all see. */
typedef struct Slot {
    StorePoint point;
    char *texts; /* of its own: name, description, path; the key is the last of them */
    const char *key;
    uint8_t key_size;
    uint32_t property, units, states, by_device; /* numbers of `texts` in the store */
    uint32_t reason;                             /* of `reasons` */
} Slot;

typedef enum SiteOrder { ORDER_ID, ORDER_NAME, ORDER_DEVICE, ORDER_COUNT } SiteOrder;

typedef struct Site {
    StoreSite facts; /* first: a StoreSite of ours is a Site */
    Store *store;
    Slot *slots;
    Row *rows;
    uint32_t slot_count, slot_capacity; /* slots that were ever used */
    uint32_t *free;                     /* of them, those that are not now */
    uint32_t free_count, free_capacity;
    uint32_t *orders[ORDER_COUNT]; /* of facts.point_count slots each; capacity: slot_capacity */
    char *search;                  /* folded texts, each behind the other */
    size_t search_size, search_capacity, search_garbage;
    Device **devices;      /* in order of ids */
    Device **device_names; /* in order of names */
    Device **device_slots; /* by number, NULL: free */
    uint32_t device_capacity, device_slot_count;
    struct SiteRole {
        char *role, *state;
    } * roles;
    size_t role_count;
} Site;

struct Store {
    Site **sites; /* in order of ids */
    size_t site_count;
    Intern types, tags, reasons;
    char **tag_lines; /* by the number of `tags`: what a search looks at (tags.h) */
    uint32_t tag_capacity;
    Intern units;
    const char **symbols; /* by the number of `units` */
    uint32_t symbol_capacity;
    Intern texts; /* properties, states, and what devices say */
    struct {
        void (*on_changed)(void *owner, const StoreSite *site, StoreWhat what);
        void *owner;
    } watchers[STORE_WATCHERS_MAX];
    size_t watcher_count;
};

static inline Site *site_of(const StoreSite *facts)
{
    return (Site *)(uintptr_t)facts; /* the store made it, and may change it */
}

void *store_grow(void *memory, size_t count, size_t size); /* reallocarray that does not fail */

Site *site_new(Store *store, BpStr id);
void site_free(Site *site);
void site_roles_free(Site *site);              /* it has none then */
void site_changed(Site *site, StoreWhat what); /* tells the watchers */
void site_check(const Site *site);
Slot *site_find_point(const Site *site, int64_t id);
Device *site_find_device(const Site *site, int64_t id,
                         size_t *ret_place); /* NULL: not there; it would go to that place */

/* ---- put_points.c ---- */

void site_devices_renamed(Site *site); /* those that are is_renamed: paths and orders of their points */

/* ---- order.c ---- */

/* By this order: less than, equal to or greater than 0. Two slots are equal only if they are one. */
int order_compare(SiteOrder order, const Slot *a, const Slot *b);

/* Takes those whose rows are ROW_IS_MOVING out, and puts `added` in: `count` slots, which are put in order
 * for that. Returns how many are there then; `before`: how many were. */
size_t order_change(Site *site, SiteOrder order, size_t before, uint32_t *added, size_t count);

#endif
