/* Finding points: all that match, counted exactly, and a page of them in order. Some milliseconds of 100,000
 * points, whatever is asked for; nothing is kept between two questions. */
#ifndef WEB_POINTS_SEARCH_H
#define WEB_POINTS_SEARCH_H

#include "apps/web/points/store.h"

#include "base/error.h"

enum {
    SEARCH_LIMIT_MAX = 1000, /* points of a page */
    SEARCH_WORDS_MAX = 16,   /* of a search */
    SEARCH_TEXT_MAX = 800,   /* octets of a search */
    SEARCH_CHOICES_MAX = 64, /* types, devices or tags of one question */
    SEARCH_CURSOR_MAX = 512,
};

typedef enum SearchSort {
    SEARCH_BY_NAME, /* of the path, as people count: AHU-2 before AHU-10 */
    SEARCH_BY_DEVICE,
    SEARCH_BY_ID,
    SEARCH_BY_VALUE, /* those without one come last, either way; what is equal, here and below, by name */
    SEARCH_BY_AT,
    SEARCH_BY_QUALITY, /* good, uncertain, bad, without a value */
    SEARCH_BY_TYPE,    /* by the type's name */
} SearchSort;

typedef enum SearchTruth { SEARCH_ANY, SEARCH_YES, SEARCH_NO } SearchTruth;

/* What is asked for; all that is zero asks for nothing. Texts are borrowed. */
typedef struct SearchQuery {
    BpStr text; /* words, all of which are in the path, the description or the tags; folded here */
    BpStr types[SEARCH_CHOICES_MAX], tags[SEARCH_CHOICES_MAX]; /* one of these types; all of these tags */
    int64_t devices[SEARCH_CHOICES_MAX];                       /* one of these */
    size_t type_count, tag_count, device_count;
    unsigned qualities; /* a bit each: 1 << MDL_GOOD ...; 1 << 3: nothing was read yet; 0: any */
    SearchTruth enabled, writable, overridden;
    SearchSort sort;
    bool is_descending;
    size_t limit;           /* 1 to SEARCH_LIMIT_MAX */
    size_t skip;            /* matches before the page; in the place of `after` */
    bool is_uncounted;      /* nobody asks for the total: it is what was counted until the page was full */
    BpStr after;            /* the `next` of the page before; stays where it was while points come and go */
    bool is_after_included; /* what is equal to `after` belongs to the page, too: of a site behind that one */
} SearchQuery;

typedef struct SearchPage {
    const StorePoint *items[SEARCH_LIMIT_MAX];
    size_t count, total;
    char next[SEARCH_CURSOR_MAX]; /* "": this is the last page */
} SearchPage;

/* BP_INVALID: what is wrong with the query, and what would be right. */
BpStatus search_points(const StoreSite *site, const SearchQuery *query, SearchPage *ret_page,
                       BpError *err) BP_CHECKED;

/* For pages of several sites at once: whether a comes before b, as in a page of one, and then by their sites;
 * and what `next` would be behind a point. */
int search_compare(const SearchQuery *query, const StorePoint *a, const StorePoint *b);
void search_mark(const SearchQuery *query, const StoreSite *site, const StorePoint *point,
                 char ret_next[SEARCH_CURSOR_MAX]);

/* The words of sorts, as "name" and "-value". False: it is none. */
bool search_read_sort(BpStr text, SearchSort *ret_sort, bool *ret_is_descending);

#endif
