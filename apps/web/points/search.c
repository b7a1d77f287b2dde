#include "apps/web/points/search.h"

#include "apps/web/points/mark.h"
#include "apps/web/points/tags.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

enum { FOLDED_MAX = 8 * SEARCH_TEXT_MAX, TAGS_MISS = 1u << 31 };

/* A query made ready for one site: what is asked of numbers, by number. */
typedef struct Search {
    const Site *site;
    const SearchQuery *query;
    char folded[FOLDED_MAX];
    BpStr words[SEARCH_WORDS_MAX]; /* the longest first, since fewest have it */
    size_t word_count;
    uint8_t *types, *devices; /* 1: it is one of those asked for; NULL: any */
    uint32_t *tags; /* a bit for each word that is there, and TAGS_MISS; NULL: nothing is asked of them */
    uint8_t flags_asked, flags; /* of rows: which are to be as in `flags` */
    Mark after;
    uint8_t after_memory[SEARCH_CURSOR_MAX / 2];
    bool asks_rows; /* anything at all is asked */
} Search;

static bool has(BpStr text, BpStr part)
{
    return text.data && part.data && text.size >= part.size &&
           memmem(text.data, text.size, part.data, part.size) != NULL;
}

static int compare_sizes(const void *a, const void *b)
{
    const BpStr *of_a = a, *of_b = b;
    return (of_a->size < of_b->size) - (of_a->size > of_b->size);
}

static BpStatus read_words(Search *search, BpError *err)
{
    const BpStr text = search->query->text;
    if (text.size > SEARCH_TEXT_MAX)
        return bp_fail(err, BP_INVALID, "`search` has %d octets at most", SEARCH_TEXT_MAX);
    BpBuf out = bp_buf(search->folded, sizeof search->folded);
    fold_text(&out, text);
    for (BpStr rest = bp_buf_text(&out); rest.size;) {
        const BpStr word = bp_str_cut(rest, ' ', &rest);
        if (!word.size)
            continue;
        if (search->word_count == SEARCH_WORDS_MAX)
            return bp_fail(err, BP_INVALID, "`search` has %d words at most", SEARCH_WORDS_MAX);
        search->words[search->word_count++] = word;
    }
    qsort(search->words, search->word_count, sizeof search->words[0], compare_sizes);
    return BP_OK;
}

static void *numbers_new(size_t count, size_t size)
{
    void *made = calloc(count + 1, size);
    if (!made)
        abort();
    return made;
}

static void read_types(Search *search)
{
    const Intern *types = &search->site->store->types;
    if (!search->query->type_count)
        return;
    search->types = numbers_new(types->size, 1);
    for (size_t i = 0; i < search->query->type_count; i++)
        search->types[intern_find(types, search->query->types[i])] = 1;
    search->types[0] = 0; /* a type that no point has */
}

static void read_devices(Search *search)
{
    if (!search->query->device_count)
        return;
    search->devices = numbers_new(search->site->device_slot_count, 1);
    for (size_t i = 0; i < search->query->device_count; i++) {
        const Device *device = site_find_device(search->site, search->query->devices[i], NULL);
        if (device)
            search->devices[device->number] = 1;
    }
}

/* "\nNAME\t" for each tag that is asked for. */
static BpStr tag_line(BpStr name, char ret_line[FOLDED_MAX])
{
    BpBuf out = bp_buf(ret_line, FOLDED_MAX);
    bp_buf_u8(&out, '\n');
    fold_text(&out, name);
    bp_buf_u8(&out, '\t');
    return bp_buf_text(&out);
}

static void read_tags(Search *search)
{
    const Store *store = search->site->store;
    const SearchQuery *query = search->query;
    if (!query->tag_count && !search->word_count)
        return;
    search->tags = numbers_new(store->tags.size, sizeof(uint32_t));
    for (uint32_t number = 1; number < store->tags.size; number++) {
        if (!store->tags.items[number].text)
            continue;
        const BpStr lines = bp_str(tags_lines(store, number));
        for (size_t i = 0; i < search->word_count; i++)
            search->tags[number] |= has(lines, search->words[i]) ? 1u << i : 0;
        for (size_t i = 0; i < query->tag_count; i++) {
            char line[FOLDED_MAX];
            search->tags[number] |= has(lines, tag_line(query->tags[i], line)) ? 0 : TAGS_MISS;
        }
    }
}

static void ask_flag(Search *search, SearchTruth truth, uint8_t flag)
{
    if (truth == SEARCH_ANY)
        return;
    search->flags_asked |= flag;
    search->flags |= truth == SEARCH_YES ? flag : 0;
}

static BpStatus begin(Search *search, const Site *site, const SearchQuery *query, BpError *err)
{
    assert(query->limit >= 1 && query->limit <= SEARCH_LIMIT_MAX);
    *search = (Search){.site = site, .query = query};
    BP_TRY(read_words(search, err));
    if (query->after.size)
        BP_TRY(mark_read(query->after, query->sort, query->is_descending, search->after_memory,
                         &search->after, err));
    read_types(search);
    read_devices(search);
    read_tags(search);
    ask_flag(search, query->enabled, ROW_IS_ENABLED);
    ask_flag(search, query->writable, ROW_IS_WRITABLE);
    ask_flag(search, query->overridden, ROW_IS_HELD);
    search->asks_rows =
        search->types || search->devices || search->tags || search->flags_asked || query->qualities;
    return BP_OK;
}

static void end(Search *search)
{
    free(search->types);
    free(search->devices);
    free(search->tags);
}

/* The hot one: looks at a row, and at its text where that may match. */
static bool matches(const Search *search, uint32_t number)
{
    const Row *row = &search->site->rows[number];
    const uint32_t tags = search->tags ? search->tags[row->tags] : 0;
    if ((row->flags & search->flags_asked) != search->flags || (tags & TAGS_MISS) ||
        (search->types && !search->types[row->type]) || (search->devices && !search->devices[row->device]) ||
        (search->query->qualities && !(search->query->qualities >> row->quality & 1)))
        return false;
    const BpStr text = {search->site->search + row->text_at, row->text_size};
    for (size_t i = 0; i < search->word_count; i++) {
        if (!(tags >> i & 1) && !has(text, search->words[i]))
            return false;
    }
    return true;
}

static void add(SearchPage *page, const Slot *slot)
{
    page->items[page->count++] = &slot->point;
}

/* ---- in an order that is kept ready ---- */

static uint32_t nth(const Search *search, const uint32_t *order, size_t i)
{
    return order[search->query->is_descending ? search->site->facts.point_count - 1 - i : i];
}

/* It belongs to the page that begins at the cursor, or to a later one. */
static bool is_behind(const Search *search, const Mark *mark)
{
    const SearchQuery *query = search->query;
    const int by = mark_compare(query->sort, query->is_descending, mark, &search->after);
    return by > 0 || (by == 0 && query->is_after_included);
}

/* The first place behind the cursor. */
static size_t find_start(const Search *search, const uint32_t *order)
{
    const SearchQuery *query = search->query;
    size_t low = 0, high = query->after.size ? search->site->facts.point_count : 0;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const Mark mark = mark_of(&search->site->slots[nth(search, order, middle)], query->sort, 0);
        if (!is_behind(search, &mark))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void walk(const Search *search, const uint32_t *order, SearchPage *page)
{
    const SearchQuery *query = search->query;
    const Site *site = search->site;
    const size_t count = site->facts.point_count, start = find_start(search, order);
    size_t passed = 0;
    bool has_more = false;
    if (!search->asks_rows) {
        page->total = count;
        for (size_t i = start + query->skip; i < count && page->count < query->limit; i++)
            add(page, &site->slots[nth(search, order, i)]);
        has_more = page->count && count - start - query->skip > page->count;
    } else {
        for (size_t i = query->is_uncounted ? start : 0; i < count && !(query->is_uncounted && has_more);
             i++) {
            const uint32_t number = nth(search, order, i);
            if (!matches(search, number))
                continue;
            page->total++;
            if (i < start || passed++ < query->skip)
                continue;
            if (page->count < query->limit)
                add(page, &site->slots[number]);
            else
                has_more = true;
        }
    }
    if (has_more) {
        const Mark last = mark_of((const Slot *)page->items[page->count - 1], query->sort, 0);
        mark_write(query->sort, query->is_descending, &last, page->next);
    }
}

/* ---- by numbers that change all the time: the page's share is picked out, and sorted alone ---- */

typedef struct Candidate {
    double number;
    uint32_t place; /* in the order by names */
    uint32_t slot;
} Candidate;

static bool is_before(const Candidate *a, const Candidate *b)
{
    return a->number < b->number || (a->number == b->number && a->place < b->place);
}

static int compare_candidates(const void *a, const void *b)
{
    return is_before(a, b) ? -1 : is_before(b, a);
}

static void swap(Candidate *a, Candidate *b)
{
    const Candidate kept = *a;
    *a = *b;
    *b = kept;
}

/* Moves the `wanted` that come first to the front, in any order (quickselect, by medians of three). */
static void bring_first(Candidate *items, size_t count, size_t wanted)
{
    while (wanted > 0 && wanted < count) {
        Candidate *last = &items[count - 1], *middle = &items[count / 2];
        if (is_before(middle, items))
            swap(middle, items);
        if (is_before(last, items))
            swap(last, items);
        if (is_before(middle, last))
            swap(middle, last); /* the median is last */
        size_t low = 0;
        for (size_t i = 0; i + 1 < count; i++) {
            if (is_before(&items[i], last))
                swap(&items[i], &items[low++]);
        }
        swap(&items[low], last);
        if (wanted <= low) {
            count = low;
        } else {
            items += low + 1;
            count -= low + 1;
            wanted -= low + 1;
        }
    }
}

/* The place of each type among all in the order of their names. */
static uint32_t *rank_types(const Intern *types)
{
    uint32_t *ranks = numbers_new(types->size, sizeof *ranks);
    for (uint32_t i = 1; i < types->size; i++) {
        for (uint32_t j = 1; j < types->size && types->items[i].text; j++)
            ranks[i] += types->items[j].text && strcmp(types->items[j].text, types->items[i].text) < 0;
    }
    return ranks;
}

static double number_of(const SearchQuery *query, const StorePoint *point, double type_rank)
{
    const StoreValue *now = &point->now;
    double number = 0;
    bool is_there = true;
    switch (query->sort) {
    case SEARCH_BY_VALUE:
        is_there = now->has_value && isfinite(now->value);
        number = now->value;
        break;
    case SEARCH_BY_AT:
        is_there = now->at_us != 0;
        number = (double)now->at_us;
        break;
    case SEARCH_BY_QUALITY: number = now->at_us ? (double)now->quality : ROW_QUALITY_NONE; break;
    case SEARCH_BY_TYPE: number = type_rank; break;
    default: return 0;
    }
    return !is_there ? (double)INFINITY : query->is_descending ? -number : number;
}

static void pick(const Search *search, const uint32_t *order, SearchPage *page)
{
    const SearchQuery *query = search->query;
    const Site *site = search->site;
    Candidate *items = numbers_new(site->facts.point_count, sizeof *items);
    uint32_t *type_ranks = query->sort == SEARCH_BY_TYPE ? rank_types(&site->store->types) : NULL;
    size_t count = 0;
    for (size_t i = 0; i < site->facts.point_count; i++) {
        if (search->asks_rows && !matches(search, order[i]))
            continue;
        page->total++;
        const double number = number_of(query, &site->slots[order[i]].point,
                                        type_ranks ? type_ranks[site->rows[order[i]].type] : 0);
        const Mark mark = mark_of(&site->slots[order[i]], query->sort, number);
        if (!query->after.size || is_behind(search, &mark))
            items[count++] = (Candidate){number, (uint32_t)i, order[i]};
    }
    const size_t skip = query->skip < count ? query->skip : count;
    const size_t left = count - skip, size = query->limit < left ? query->limit : left;
    bring_first(items, count, skip);
    bring_first(items + skip, left, size);
    qsort(items + skip, size, sizeof *items, compare_candidates);
    for (size_t i = 0; i < size; i++)
        add(page, &site->slots[items[skip + i].slot]);
    if (size && left > size) {
        const Candidate *last = &items[skip + size - 1];
        const Mark mark = mark_of(&site->slots[last->slot], query->sort, last->number);
        mark_write(query->sort, query->is_descending, &mark, page->next);
    }
    free(type_ranks);
    free(items);
}

static SiteOrder order_of(SearchSort sort)
{
    return sort == SEARCH_BY_ID ? ORDER_ID : sort == SEARCH_BY_DEVICE ? ORDER_DEVICE : ORDER_NAME;
}

BpStatus search_points(const StoreSite *site, const SearchQuery *query, SearchPage *ret_page, BpError *err)
{
    const Site *inside = site_of(site);
    Search search;
    ret_page->count = ret_page->total = 0;
    ret_page->next[0] = '\0';
    BP_TRY(begin(&search, inside, query, err)); /* what it allocates comes after what can fail */
    if (mark_has_number(query->sort))
        pick(&search, inside->orders[ORDER_NAME], ret_page);
    else
        walk(&search, inside->orders[order_of(query->sort)], ret_page);
    end(&search);
    return BP_OK;
}

/* ---- of several sites ---- */

int search_compare(const SearchQuery *query, const StorePoint *a, const StorePoint *b)
{
    const SearchSort sort = query->sort;
    if (sort == SEARCH_BY_TYPE) {
        const int by = strcmp(a->object_type, b->object_type);
        if (by)
            return query->is_descending ? -by : by;
    }
    const Mark of_a = mark_of((const Slot *)a, sort, number_of(query, a, 0)),
               of_b = mark_of((const Slot *)b, sort, number_of(query, b, 0));
    return mark_compare(sort, query->is_descending, &of_a, &of_b);
}

void search_mark(const SearchQuery *query, const StoreSite *site, const StorePoint *point,
                 char ret_next[SEARCH_CURSOR_MAX])
{
    const Site *inside = site_of(site);
    const Slot *slot = (const Slot *)point;
    uint32_t *type_ranks = query->sort == SEARCH_BY_TYPE ? rank_types(&inside->store->types) : NULL;
    const double rank = type_ranks ? type_ranks[inside->rows[slot - inside->slots].type] : 0;
    const Mark mark = mark_of(slot, query->sort, number_of(query, point, rank));
    mark_write(query->sort, query->is_descending, &mark, ret_next);
    free(type_ranks);
}

bool search_read_sort(BpStr text, SearchSort *ret_sort, bool *ret_is_descending)
{
    static const char *const words[] = {"name", "device",  "id",  "value",
                                        "at",   "quality", "type"}; /* as SearchSort */
    const bool is_descending = text.size && text.data[0] == '-';
    BpStr word = {text.data + is_descending, text.size - is_descending};
    if (bp_str_equal(word, bp_str("path")))
        word = bp_str("name"); /* which goes by the path */
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (!bp_str_equal(word, bp_str(words[i])))
            continue;
        *ret_sort = (SearchSort)i;
        *ret_is_descending = is_descending;
        return true;
    }
    return false;
}
