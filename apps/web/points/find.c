/* GET points: a page of those that are found. */
#include "apps/web/points/points.h"

#include "apps/web/points/point_json.h"

static BpStatus find(Call *call, const StoreSite *site, const SearchQuery *query, SearchPage *page)
{
    BpError err;
    const BpStatus status = search_points(site, query, page, &err);
    if (status != BP_OK)
        call_problem(call, 400, "bad-request", "%s", err.text);
    return status;
}

void web_list_points(Call *call)
{
    static const char *const more[] = {"after", "limit", "skip", NULL};
    static SearchPage page; /* one at a time: 8 kB less on the stack */
    SearchQuery query;
    if (!points_read_query(call, more, &query))
        return;
    const StoreSite *site = points_site(call);
    if (!site || find(call, site, &query, &page) != BP_OK)
        return;
    BpBuf body = points_buf();
    bp_buf_str(&body, bp_str("{\"items\":["));
    for (size_t i = 0; i < page.count; i++) {
        bp_buf_str(&body, bp_str(i ? "," : ""));
        point_json_write(&body, page.items[i]);
        if (i + 1 < page.count && body.size > POINTS_PAGE_OCTETS) {
            page.count = i + 1; /* the others are of the next page */
            search_mark(&query, site, page.items[i], page.next);
        }
    }
    bp_buf_printf(&body, "],\"total\":%zu,\"next\":%s%s%s}", page.total, *page.next ? "\"" : "",
                  *page.next ? page.next : "null", *page.next ? "\"" : "");
    points_reply_tagged(call, &body);
}
