/* The parameters of lists of points: what is searched for, what narrows it, in which order, from where on. */
#include "apps/web/points/points.h"

#include "base/parse.h"

static bool refuse(Call *call, const char *name, BpStr text, const char *right)
{
    call_problem(call, 400, "bad-request", "%s=%.*s: %s", name, (int)(text.size < 40 ? text.size : 40),
                 text.data ? text.data : "", right);
    return false;
}

static bool read_truth(Call *call, const char *name, SearchTruth *ret_truth)
{
    bool truth;
    *ret_truth = SEARCH_ANY;
    if (!call_query_text(call, name).data)
        return true;
    if (!call_query_bool(call, name, false, &truth))
        return false;
    *ret_truth = truth ? SEARCH_YES : SEARCH_NO;
    return true;
}

/* "a,b": whole words. */
static bool read_words(Call *call, const char *name, BpStr *ret_words, size_t *ret_count)
{
    const BpStr text = call_query_text(call, name);
    *ret_count = 0;
    for (BpStr left = text; left.size;) {
        const BpStr word = bp_str_cut(left, ',', &left);
        if (!word.size)
            continue;
        if (*ret_count == SEARCH_CHOICES_MAX)
            return refuse(call, name, text, "64 at most, with commas between");
        ret_words[(*ret_count)++] = word;
    }
    return true;
}

static bool read_qualities(Call *call, unsigned *ret_qualities)
{
    static const char *const names[] = {"good", "uncertain", "bad", "none"}; /* as the bits of SearchQuery */
    const BpStr text = call_query_text(call, "quality");
    *ret_qualities = 0;
    for (BpStr left = text; left.size;) {
        const BpStr word = bp_str_cut(left, ',', &left);
        unsigned bit = 0;
        for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++)
            bit |= bp_str_equal(word, bp_str(names[i])) ? 1u << i : 0;
        if (!bit)
            return refuse(call, "quality", word,
                          "good, uncertain, bad, none, or several of these with commas between");
        *ret_qualities |= bit;
    }
    return true;
}

static bool read_devices(Call *call, SearchQuery *query)
{
    const int64_t *numbers;
    if (!call_query_numbers(call, "device", SEARCH_CHOICES_MAX, &numbers, &query->device_count))
        return false;
    for (size_t i = 0; i < query->device_count; i++)
        query->devices[i] = numbers[i];
    return true;
}

static bool read_sort(Call *call, SearchQuery *query)
{
    const BpStr text = call_query_text(call, "sort");
    if (!text.data || search_read_sort(text, &query->sort, &query->is_descending))
        return true;
    return refuse(
        call, "sort", text,
        "name, path, device, id, type, value, quality or at, with - in front for the other way round");
}

static bool read_place(Call *call, SearchQuery *query)
{
    int64_t limit, skip;
    if (!call_query_number(call, "limit", 1, SEARCH_LIMIT_MAX, 100, &limit) ||
        !call_query_number(call, "skip", 0, STORE_POINTS_MAX, 0, &skip))
        return false;
    query->limit = (size_t)limit;
    query->skip = (size_t)skip;
    query->after = call_query_text(call, "after");
    if (query->after.size && query->skip)
        return refuse(call, "skip", call_query_text(call, "skip"),
                      "either `after` or `skip` says where the page begins");
    return true;
}

static bool names_are_known(Call *call, const char *const *more)
{
    enum { NAMES_MAX = 16 };
    static const char *const own[] = {"search",   "device", "type",       "quality", "enabled",
                                      "writable", "tag",    "overridden", "sort"};
    const char *names[NAMES_MAX + 1] = {NULL};
    size_t count = 0;
    for (; count < sizeof own / sizeof own[0]; count++)
        names[count] = own[count];
    for (; *more && count < NAMES_MAX; more++)
        names[count++] = *more;
    return call_query_is_known(call, names);
}

bool points_read_query(Call *call, const char *const *more, SearchQuery *ret_query)
{
    SearchQuery *query = ret_query;
    *query = (SearchQuery){0};
    if (!names_are_known(call, more))
        return false;
    query->text = call_query_text(call, "search");
    return read_devices(call, query) && read_words(call, "type", query->types, &query->type_count) &&
           read_words(call, "tag", query->tags, &query->tag_count) &&
           read_qualities(call, &query->qualities) && read_truth(call, "enabled", &query->enabled) &&
           read_truth(call, "writable", &query->writable) &&
           read_truth(call, "overridden", &query->overridden) && read_sort(call, query) &&
           read_place(call, query);
}
