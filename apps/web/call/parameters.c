/* What the address says: pieces of its path, and what stands behind the "?". */
#include "apps/web/call/parts.h"
#include "base/parse.h"
#include "base/time.h"

#include <assert.h>

static int hex(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    const char letter = (char)(digit | 0x20);
    return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

bool call_decode(BpArena *arena, BpStr text, bool plus_is_blank, BpStr *ret_text)
{
    char *out = bp_arena_take(arena, text.size + 1);
    size_t size = 0;
    for (size_t i = 0; i < text.size; i++) {
        char octet = text.data[i];
        if (octet == '+' && plus_is_blank) {
            octet = ' ';
        } else if (octet == '%') {
            const bool is_whole = text.size - i > 2;
            const int high = is_whole ? hex(text.data[i + 1]) : -1,
                      low = is_whole ? hex(text.data[i + 2]) : -1;
            if (high < 0 || low < 0)
                return false;
            octet = (char)(high << 4 | low);
            i += 2;
        }
        if (octet == '\0')
            return false;
        out[size++] = octet;
    }
    *ret_text = (BpStr){out, size};
    return bp_str_is_utf8(*ret_text);
}

/* ---- the path ---- */

BpStr call_path_text(Call *call, const char *name)
{
    const int place = operation_value(call->match.operation, name);
    assert(place >= 0);
    BpStr text;
    /* What cannot be decoded is the name of nothing. */
    return call_decode(&call->arena, call->match.values[place], false, &text) ? text : (BpStr){"", 0};
}

bool call_path_number(Call *call, const char *name, int64_t *ret_number)
{
    if (bp_parse_i64(call_path_text(call, name), 1, INT64_MAX, ret_number, NULL) == BP_OK)
        return true;
    call_problem(call, 404, "not-found", "there is no %s of that number", name);
    return false;
}

/* ---- the query ---- */

static bool next_parameter(BpStr *left, BpStr *ret_name, BpStr *ret_value)
{
    while (left->size) {
        const BpStr pair = bp_str_cut(*left, '&', left);
        if (!pair.size)
            continue;
        *ret_name = bp_str_cut(pair, '=', ret_value);
        return true;
    }
    return false;
}

BpStr call_query_text(Call *call, const char *name)
{
    BpStr left = call->query, key, value, decoded;
    while (next_parameter(&left, &key, &value))
        if (bp_str_equal(key, bp_str(name)))
            return call_decode(&call->arena, value, true, &decoded) ? decoded : (BpStr){"", 0};
    return (BpStr){0};
}

static bool is_there_twice(BpStr query, BpStr name)
{
    BpStr key, value;
    size_t count = 0;
    while (next_parameter(&query, &key, &value))
        count += bp_str_equal(key, name);
    return count > 1;
}

bool call_query_is_known(Call *call, const char *const *names)
{
    BpStr left = call->query, key, value;
    while (next_parameter(&left, &key, &value)) {
        bool is_known = false;
        BpNearest nearest = bp_nearest(key);
        for (const char *const *name = names; *name && !is_known; name++) {
            is_known = bp_str_equal(key, bp_str(*name));
            (void)bp_nearest_look(&nearest, *name);
        }
        if (!is_known) {
            call_problem(call, 400, "bad-request", "there is no parameter \"%.*s\" here%s%s",
                         (int)(key.size < 40 ? key.size : 40), key.data, nearest.name ? ": is it " : "",
                         nearest.name ? nearest.name : "");
            return false;
        }
        if (is_there_twice(call->query, key)) {
            call_problem(call, 400, "bad-request", "%.*s is there twice: once is right", BP_STR_ARGS(key));
            return false;
        }
        BpStr decoded;
        if (!call_decode(&call->arena, value, true, &decoded)) {
            call_problem(call, 400, "bad-request", "%.*s is not text as a URL has it: UTF-8, with %%xx",
                         BP_STR_ARGS(key));
            return false;
        }
    }
    return true;
}

bool call_query_number(Call *call, const char *name, int64_t least, int64_t most, int64_t otherwise,
                       int64_t *ret_number)
{
    const BpStr text = call_query_text(call, name);
    *ret_number = otherwise;
    if (!text.data || bp_parse_i64(text, least, most, ret_number, NULL) == BP_OK)
        return true;
    call_problem(call, 400, "bad-request", "%s=%.*s: a whole number from %lld to %lld is right", name,
                 (int)(text.size < 40 ? text.size : 40), text.data, (long long)least, (long long)most);
    return false;
}

bool call_query_bool(Call *call, const char *name, bool otherwise, bool *ret_truth)
{
    const BpStr text = call_query_text(call, name);
    *ret_truth = otherwise;
    if (!text.data)
        return true;
    if (text.size == 0 || bp_parse_bool(text, ret_truth, NULL) == BP_OK) {
        *ret_truth = text.size == 0 || *ret_truth; /* "?dry_run" says yes */
        return true;
    }
    call_problem(call, 400, "bad-request", "%s=%.*s: true or false is right", name,
                 (int)(text.size < 40 ? text.size : 40), text.data);
    return false;
}

bool call_query_time(Call *call, const char *name, int64_t otherwise_us, int64_t *ret_at_us)
{
    const BpStr text = call_query_text(call, name);
    *ret_at_us = otherwise_us;
    if (!text.data || bp_time_parse(text, ret_at_us, NULL) == BP_OK)
        return true;
    call_problem(call, 400, "bad-request", "%s=%.*s: a time is right, as 2026-11-27T08:30:00Z", name,
                 (int)(text.size < 40 ? text.size : 40), text.data);
    return false;
}

bool call_query_numbers(Call *call, const char *name, size_t most, const int64_t **ret_numbers,
                        size_t *ret_count)
{
    const BpStr text = call_query_text(call, name);
    int64_t *numbers = bp_arena_take(&call->arena, (most + 1) * sizeof *numbers);
    size_t count = 0;
    for (BpStr left = text; text.size && left.data;) { /* behind the last comma, too */
        const BpStr one = bp_str_cut(left, ',', &left);
        if (count == most || bp_parse_i64(one, 1, INT64_MAX, &numbers[count], NULL) != BP_OK) {
            call_problem(call, 400, "bad-request",
                         "%s: numbers with commas between are right, as 1,2,3, at most %zu", name, most);
            return false;
        }
        count++;
    }
    *ret_numbers = numbers;
    *ret_count = count;
    return true;
}
