/* What people search for, and the cursors that programs send back: any octets. The first says how it is
 * asked, then the cursor up to a newline, then the words. What is found is there, in order and once, and its
 * own cursor is taken. */
#include "apps/web/points/search.h"
#include "tests/unit/apps/web/points/invented.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const StoreSite *site;
    static SearchPage page;
    BpError err = {0};
    if (!site)
        site = invented_site(store_new(), 120);
    if (size == 0)
        return 0;
    BpStr text = {(const char *)data + 1, size - 1};
    SearchQuery query = {
        .sort = (SearchSort)((data[0] & 7) % 7), .is_descending = data[0] & 8, .limit = 1 + (data[0] >> 4)};
    query.after = bp_str_cut(text, '\n', &query.text);
    query.types[0] = query.tags[0] = query.text; /* whatever it is, it is compared */
    query.type_count = size % 3 == 0;
    query.tag_count = size % 5 == 0;
    if (search_points(site, &query, &page, &err) != BP_OK) {
        assert(err.status == BP_INVALID && err.text[0]);
        return 0;
    }
    assert(page.count <= query.limit && page.count <= page.total && page.total <= site->point_count);
    for (size_t i = 1; i < page.count; i++)
        assert(page.items[i] != page.items[i - 1] && store_point(site, page.items[i]->id) == page.items[i]);
    if (*page.next) {
        char next[SEARCH_CURSOR_MAX];
        const StorePoint *last = page.items[page.count - 1];
        (void)bp_str_copy(bp_str(page.next), next, sizeof next);
        query.after = bp_str(next);
        query.skip = 0;
        assert(search_points(site, &query, &page, &err) == BP_OK && page.count > 0 && page.items[0] != last);
    }
    return 0;
}
