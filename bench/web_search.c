/* How long `bacpipes web` needs to find points: 100,000 of an invented site, in every way that a screen asks,
 * with the page of 100 written out as JSON. bench/web_search runs it. */
#include "apps/web/points/point_json.h"
#include "apps/web/points/search.h"
#include "base/parse.h"
#include "base/time.h"
#include "tests/unit/apps/web/points/invented.h"

#include <malloc.h>
#include <time.h>

enum { PAGE = 100 };

static const struct {
    const char *text, *type;
    SearchSort sort;
    bool is_descending;
    unsigned qualities;
    size_t skip;
} asked[] = {
    {.text = ""},
    {.text = "a"},
    {.text = "sa"},
    {.text = "t-"},
    {.text = "大堂"},
    {.text = "溫度"},
    {.text = "vav-12"},
    {.text = "supply ahu"},
    {.text = "zn-t vav"},
    {.text = "kuhlung"},
    {.text = "elec meter 9"},
    {.text = "nothing like that"},
    {.text = "", .sort = SEARCH_BY_VALUE},
    {.text = "", .sort = SEARCH_BY_VALUE, .is_descending = true, .skip = 57321},
    {.text = "sat", .sort = SEARCH_BY_AT, .is_descending = true},
    {.text = "temperature", .type = "analog-input", .sort = SEARCH_BY_QUALITY},
    {.text = "", .qualities = 1u << MDL_BAD},
    {.text = "ahu", .sort = SEARCH_BY_DEVICE, .is_descending = true},
    {.text = "", .skip = 99000},
    {.text = "e", .skip = 40000},
};

static double ms(int64_t us)
{
    return (double)us / 1e3;
}

static int compare(const void *a, const void *b)
{
    const int64_t of_a = *(const int64_t *)a, of_b = *(const int64_t *)b;
    return (of_a > of_b) - (of_a < of_b);
}

/* What this thread has used: on a busy machine the rest of the time was others'. */
static int64_t cpu_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * BP_SECOND + now.tv_nsec / 1000;
}

static int64_t ask(const StoreSite *site, size_t i, BpBuf *out, int64_t *ret_cpu_us)
{
    static SearchPage page;
    BpError err;
    SearchQuery query = {.text = bp_str(asked[i].text),
                         .sort = asked[i].sort,
                         .is_descending = asked[i].is_descending,
                         .qualities = asked[i].qualities,
                         .skip = asked[i].skip,
                         .limit = PAGE};
    if (asked[i].type)
        query.types[query.type_count++] = bp_str(asked[i].type);
    const int64_t began_us = bp_monotonic_us(), used_us = cpu_us();
    if (search_points(site, &query, &page, &err) != BP_OK)
        abort();
    bp_buf_clear(out);
    for (size_t at = 0; at < page.count; at++)
        point_json_write(out, page.items[at]);
    *ret_cpu_us = cpu_us() - used_us;
    return bp_monotonic_us() - began_us;
}

int main(int argc, char **argv)
{
    int64_t points = 100000, rounds = 100;
    if ((argc > 1 && bp_parse_i64(bp_str(argv[1]), 1, STORE_POINTS_MAX, &points, NULL) != BP_OK) ||
        (argc > 2 && bp_parse_i64(bp_str(argv[2]), 1, 100000, &rounds, NULL) != BP_OK)) {
        fputs("usage: web_search_bench [POINTS] [ROUNDS]\n", stderr);
        return 64;
    }
    const size_t kinds = sizeof asked / sizeof asked[0], count = kinds * (size_t)rounds;
    const size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
    Store *store = store_new();
    const int64_t began_us = bp_monotonic_us();
    const StoreSite *site = invented_site(store, (size_t)points);
    fprintf(stderr, "%zu points: put in order in %.0f ms, %.1f MB\n", site->point_count,
            (double)(bp_monotonic_us() - began_us) / 1e3,
            (double)(mallinfo2().uordblks + mallinfo2().hblkhd - before) / 1e6);
    int64_t *took_us = calloc(count, sizeof *took_us), *used_us = calloc(count, sizeof *used_us);
    BpBuf out = bp_buf_growing((size_t)1 << 24);
    if (!took_us || !used_us)
        abort();
    for (size_t i = 0; i < count; i++)
        took_us[i] = ask(site, i % kinds, &out, &used_us[i]);
    for (size_t kind = 0; kind < kinds; kind++) {
        int64_t least = INT64_MAX;
        for (size_t i = kind; i < count; i += kinds)
            least = took_us[i] < least ? took_us[i] : least;
        fprintf(stderr, "  %6.2f ms at best: search=%s sort=%d skip=%zu\n", (double)least / 1e3,
                asked[kind].text, (int)asked[kind].sort, asked[kind].skip);
    }
    qsort(took_us, count, sizeof *took_us, compare);
    qsort(used_us, count, sizeof *used_us, compare);
    fprintf(stderr, "%zu questions: median %.2f ms, the slowest %.2f ms\n", count, ms(took_us[count / 2]),
            ms(took_us[count - 1]));
    printf("figure web_search_cpu_ms %.2f ms\n", ms(used_us[count * 99 / 100]));
    printf("figure web_search_ms %.2f ms\n", ms(took_us[count * 99 / 100]));
    bp_buf_done(&out);
    free(took_us);
    free(used_us);
    store_free(store);
    return 0;
}
