/* Sites, devices and points in memory, as the database and the building have them: who asks is answered from
 * here at once. load.h fills it and keeps it so; the live values come by store_set_value; search.h finds
 * points and pages of them; point_json.h writes them.
 *
 * Structs are borrowed: they, and all texts in them, live until the store is next changed, which is until the
 * loop's next turn for whoever does not change it. Keep ids, not pointers. 100,000 points take some 40 MB. */
#ifndef WEB_POINTS_STORE_H
#define WEB_POINTS_STORE_H

#include "base/str.h"
#include "model/reading.h"

typedef struct Store Store;

enum {
    STORE_SITES_MAX = 1000,
    STORE_POINTS_MAX = 2 * 1000 * 1000, /* of a site; more are not taken, and said in the log */
    STORE_TEXT_MAX = 1000,              /* octets of a name or a description; longer ones are cut */
    STORE_WATCHERS_MAX = 8,
};

/* What a point is now, as live has heard it. All zero: nothing is known yet. */
typedef struct StoreValue {
    double value;
    int64_t at_us; /* when it was read, UTC; 0: never */
    bool has_value;
    MdlQuality quality;
    const char *reason; /* why it is not good, "" where it is, or there is none; the store's own copy */
} StoreValue;

/* Who holds a point, of those that are in its priority array: the one that wins. */
typedef struct StoreOverride {
    int priority;     /* 1 to 16 */
    int64_t until_us; /* 0: without an end, or nobody knows */
    bool is_ours;
    const char *by; /* "" where that is not known: a stranger */
} StoreOverride;

typedef struct StoreDevice {
    int32_t id, instance;
    BpStr name, description, location, address, vendor, model, firmware;
    BpStr state; /* "online", "offline", "replaced", "unknown", "disabled" */
    BpStr reason;
    int64_t since_us, last_answer_us; /* 0: not known */
    int32_t interval_ms;              /* 0: as setting poll.interval says */
    bool is_enabled, is_replaced;
    size_t point_count;
} StoreDevice;

typedef struct StorePoint {
    int32_t id, object_instance;
    const StoreDevice *device;
    BpStr name, description;
    BpStr path; /* as people say it: "AHU-1/SAT", with the device's name in front where the point's has it not
                 */
    const char *object_type, *property, *units;
    const char *unit_symbol;     /* "°C"; "": none that we know */
    const char *tags;            /* JSON object */
    const char *states;          /* JSON array of texts, "[]": none */
    const char *by_device;       /* JSON object: what the device says where people have said otherwise */
    double write_min, write_max; /* NaN: nobody says; as the two below */
    double device_min, device_max;
    int64_t version;     /* raised by each change that people see: the ETag */
    int32_t interval_ms; /* 0: as its device */
    bool is_enabled, is_writable, is_commandable, is_missing;
    StoreValue now;
    const StoreOverride *held; /* NULL: nobody */
} StorePoint;

typedef struct StoreSite {
    const char *id, *name, *zone;
    const char *mode; /* of setting control.mode: "normal", "stop", "freeze" */
    bool is_simulated;
    bool is_remote;    /* at central: a building elsewhere, of which the database alone tells */
    bool is_loaded;    /* all of it has been read once */
    uint64_t revision; /* raised by each change but those of values */
    size_t point_count, device_count;
} StoreSite;

Store *store_new(void);
void store_free(Store *store);

/* ---- to ask ---- */

/* Whether this is a central: its own site is named so, and has neither a broker nor points. */
#define STORE_CENTRAL "central"
bool store_is_central(const Store *store);

size_t store_site_count(const Store *store);
const StoreSite *store_site_at(const Store *store, size_t i); /* in order of ids */
const StoreSite *store_site(const Store *store, BpStr id);    /* NULL: there is none */
const StorePoint *store_point(const StoreSite *site, int64_t id);
const StoreDevice *store_device(const StoreSite *site, int64_t id);
const StoreDevice *store_device_at(const StoreSite *site, size_t i);         /* in natural order of names */
size_t store_device_place(const StoreSite *site, const StoreDevice *device); /* the `i` of it */
const StorePoint *store_point_at(const StoreSite *site, size_t i);           /* in order of ids */

/* The name of a state that a binary or multi-state value is, into ret_text, which it returns; "": none. */
enum { STORE_STATE_MAX = 256 };
BpStr store_state_text(const StorePoint *point, const StoreValue *value, char ret_text[STORE_STATE_MAX]);

/* ---- live: what a point is ---- */

/* False: there is no such point (yet). The reason is copied. Costs no memory once its reason was seen. */
bool store_set_value(Store *store, const StoreSite *site, int64_t point, const StoreValue *value);

/* What role of the site is how, by its status at the broker (of remote ones: put.h): "collect", "online".
 * Texts are copied. */
void store_set_role(Store *store, const StoreSite *site, BpStr role, BpStr state);
/* Calls `each` for those that have said something. */
void store_roles(const StoreSite *site, void (*each)(void *context, const char *role, const char *state),
                 void *context);

/* ---- who wants to know ---- */

typedef enum StoreWhat {
    STORE_SITES,
    STORE_DEVICES,
    STORE_POINTS,
    STORE_OVERRIDES,
    STORE_VIEWS,
    STORE_ROLES
} StoreWhat;

/* Called after `what` of the site has changed in the store, never for values. At most STORE_WATCHERS_MAX, for
 * the life of the store. */
void store_watch(Store *store, void (*on_changed)(void *owner, const StoreSite *site, StoreWhat what),
                 void *owner);

#endif
