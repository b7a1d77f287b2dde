/* What the database says, into the store. Who calls has read it in one instant, in the order of these
 * functions. Nothing of what is given is kept; what is new only is put in order, so that 100,000 points come
 * in pieces of some thousands without holding up the loop. */
#ifndef WEB_POINTS_PUT_H
#define WEB_POINTS_PUT_H

#include "apps/web/points/store.h"

StoreSite *store_put_site(Store *store, BpStr id, BpStr name, BpStr zone, bool is_simulated);
void store_put_mode(StoreSite *site, BpStr mode);
void store_put_remote(StoreSite *site, bool is_remote);
/* All roles of a remote site, and how they are: {"sync": "online", ...}. Texts are copied. */
typedef struct StoreRole {
    const char *role, *state;
} StoreRole;
void store_put_roles(StoreSite *site, const StoreRole *roles, size_t count);
void store_remove_site(Store *store, StoreSite *site);
/* All of the site has been read. */
void store_put_loaded(StoreSite *site);
void store_put_views(StoreSite *site); /* others are saved now: only to be told */

/* All devices of the site, texts and all; point_count is not looked at. Those that are not among them go
 * when they have no points. */
void store_put_devices(StoreSite *site, const StoreDevice *given, size_t count);

typedef struct StoreGiven {
    int32_t id, device, object_instance, interval_ms;
    BpStr object_type, property, name, description, units;
    BpStr states, tags, by_device; /* JSON */
    double write_min, write_max, device_min, device_max;
    int64_t version;
    bool is_enabled, is_writable, is_commandable, is_missing;
} StoreGiven;

/* Some points, each once: new ones, and ones that are otherwise now. Returns how many were not taken: their
 * device is not known, or there is no room. */
size_t store_put_points(StoreSite *site, const StoreGiven *given, size_t count);

/* Keeps those alone whose ids are here, in ascending order. */
void store_keep_points(StoreSite *site, const int32_t *ids, size_t count);

typedef struct StoreHeld {
    int32_t point;
    StoreOverride held;
} StoreHeld;

/* Who holds what, all of the site, in ascending order of points. */
void store_put_overrides(StoreSite *site, const StoreHeld *given, size_t count);

#endif
