/* What is not well, the worst first, one line for each cause: a controller that is silent takes its points
 * with it and is one trouble; so are all points of one controller that are bad for one reason. */
#ifndef WEB_HISTORY_TROUBLES_H
#define WEB_HISTORY_TROUBLES_H

#include "apps/web/points/store.h"
#include "io/pg/pg.h"

#include <jansson.h>

enum { TROUBLES_TOLD_MAX = 50, TROUBLES_MAX = 1000 };

typedef enum Severity { SEVERITY_LOW, SEVERITY_MEDIUM, SEVERITY_HIGH } Severity;

typedef struct Trouble {
    Severity severity;
    const char *kind; /* a word of openapi.yaml */
    BpStr name;       /* borrowed, as all texts here: of the role, device or point; empty: none */
    BpStr reason, by, command;
    const char *text; /* what the database says; NULL: the sentence is made of the rest */
    int64_t since_us; /* 0: not known */
    int32_t device, point, count;
    int priority; /* of an override */
} Trouble;

typedef struct Troubles {
    Trouble *items;
    size_t count;
    bool is_read; /* a collector reads the building */
    int64_t devices, devices_silent, points, points_bad, overridden, commands_failed;
    bool is_full; /* there are more than TROUBLES_MAX */
} Troubles;

/* What the store knows: roles, devices, points. */
void troubles_of_site(Troubles *troubles, const StoreSite *site);
void troubles_of_server(Troubles *troubles, bool has_broker, bool has_database);
/* The rows of select_web_troubles, which live as long as what is added. */
void troubles_of_rows(Troubles *troubles, const StoreSite *site, const PgRows *rows);
void troubles_sort(Troubles *troubles);
void troubles_done(Troubles *troubles);

/* "well", "attention", "trouble", "unknown". */
const char *troubles_state(const Troubles *troubles);
/* The first TROUBLES_TOLD_MAX of them. */
json_t *troubles_json(const Troubles *troubles);

#endif
