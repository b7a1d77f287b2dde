/* GET /points: those of all sites that one may see, as one list. Each site is searched by itself; what of it
 * comes first is put among the others. */
#include "apps/web/points/point_json.h"
#include "apps/web/points/points.h"

#include <stdlib.h>

enum { SITES_ASKED_MAX = 64 };

typedef struct Found {
    const StoreSite *site;
    const StorePoint *point;
} Found;

typedef struct Portfolio {
    SearchQuery query;
    BpStr sites[SITES_ASKED_MAX]; /* to look at these alone */
    size_t site_count;            /* 0: all */
    BpStr after_site;             /* where the page before ended: the site, and there query.after */
    Found found[2 * SEARCH_LIMIT_MAX];
    size_t count, total;
    bool has_more;
} Portfolio;

static const SearchQuery *sorted_by; /* qsort asks without a context */

static int compare(const void *a, const void *b)
{
    const Found *of_a = a, *of_b = b;
    const int by = search_compare(sorted_by, of_a->point, of_b->point);
    return by ? by : strcmp(of_a->site->id, of_b->site->id);
}

/* Some words with commas between; false: there are more than may be. */
static bool read_sites(Call *call, Portfolio *portfolio)
{
    for (BpStr left = call_query_text(call, "site"); left.size;) {
        const BpStr word = bp_str_cut(left, ',', &left);
        if (portfolio->site_count == SITES_ASKED_MAX) {
            call_problem(call, 400, "bad-request", "site: %d at most, with commas between", SITES_ASKED_MAX);
            return false;
        }
        if (word.size)
            portfolio->sites[portfolio->site_count++] = word;
    }
    return true;
}

static bool read(Call *call, Portfolio *portfolio)
{
    static const char *const more[] = {"after", "limit", "site", NULL};
    portfolio->count = portfolio->total = portfolio->site_count = 0;
    portfolio->has_more = false;
    if (!points_read_query(call, more, &portfolio->query) || !read_sites(call, portfolio))
        return false;
    SearchQuery *query = &portfolio->query;
    if (query->device_count) {
        call_problem(call, 400, "bad-request",
                     "device: each site has numbers of its own: GET /api/v1/sites/{site}/points takes them");
        return false;
    }
    portfolio->after_site = query->after.size ? bp_str_cut(query->after, '.', &query->after) : (BpStr){0};
    if (portfolio->after_site.size && !query->after.size) {
        call_problem(call, 400, "bad-request", "`after` is the `next` of the page before, as it was given");
        return false;
    }
    return true;
}

static bool is_asked_for(const Portfolio *portfolio, const StoreSite *site)
{
    const BpStr id = {site->id, strlen(site->id)};
    bool is_one = portfolio->site_count == 0;
    for (size_t i = 0; i < portfolio->site_count && !is_one; i++)
        is_one = bp_str_equal(portfolio->sites[i], id);
    return is_one;
}

/* False: the query is wrong, and it was answered. */
static bool add_site(Call *call, Portfolio *portfolio, const StoreSite *site)
{
    static SearchPage page;
    BpError err;
    SearchQuery query = portfolio->query;
    query.is_after_included = bp_str_compare(bp_str(site->id), portfolio->after_site) > 0;
    if (search_points(site, &query, &page, &err) != BP_OK) {
        call_problem(call, 400, "bad-request", "%s", err.text);
        return false;
    }
    portfolio->total += page.total;
    for (size_t i = 0; i < page.count; i++)
        portfolio->found[portfolio->count++] = (Found){site, page.items[i]};
    sorted_by = &portfolio->query;
    qsort(portfolio->found, portfolio->count, sizeof *portfolio->found, compare);
    portfolio->has_more |= *page.next || portfolio->count > portfolio->query.limit;
    if (portfolio->count > portfolio->query.limit)
        portfolio->count = portfolio->query.limit;
    return true;
}

static void write_item(BpBuf *out, const Found *found)
{
    bp_buf_printf(out, "{\"site\":\"%s\",", found->site->id);
    const size_t brace = out->size;
    point_json_write(out, found->point); /* an object, which goes on ours */
    if (out->failed)
        return;
    memmove(out->data + brace, out->data + brace + 1, out->size - brace - 1);
    bp_buf_rewind(out, out->size - 1);
}

void web_find_points(Call *call)
{
    static Portfolio portfolio; /* one at a time */
    const Web *web = call_web(call);
    if (!read(call, &portfolio))
        return;
    for (size_t i = 0; i < store_site_count(web->store); i++) {
        const StoreSite *site = store_site_at(web->store, i);
        if (person_may(call_person(call), site->id, RIGHT_VIEW) && is_asked_for(&portfolio, site) &&
            !add_site(call, &portfolio, site))
            return;
    }
    BpBuf body = points_buf();
    bp_buf_str(&body, bp_str("{\"items\":["));
    for (size_t i = 0; i < portfolio.count; i++) {
        bp_buf_str(&body, bp_str(i ? "," : ""));
        write_item(&body, &portfolio.found[i]);
        if (i + 1 < portfolio.count && body.size > POINTS_PAGE_OCTETS) {
            portfolio.count = i + 1; /* the others are of the next page */
            portfolio.has_more = true;
        }
    }
    char next[SEARCH_CURSOR_MAX];
    bp_buf_printf(&body, "],\"total\":%zu,\"next\":", portfolio.total);
    if (portfolio.has_more && portfolio.count) {
        const Found *last = &portfolio.found[portfolio.count - 1];
        search_mark(&portfolio.query, last->site, last->point, next);
        bp_buf_printf(&body, "\"%s.%s\"}", last->site->id, next);
    } else {
        bp_buf_str(&body, bp_str("null}"));
    }
    points_reply_tagged(call, &body);
}
