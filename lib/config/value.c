#include "config/value.h"

#include "base/parse.h"
#include "base/time.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

enum { MAC_MAX = 7 }; /* octets of a station's address (ASHRAE 135) */

/* Longest part of a value that a message quotes. */
enum { QUOTED_MAX = 64, RANGE_MAX = 200 };

static const char *const level_names[] = {
    [3] = "error", [4] = "warning", [5] = "notice", [6] = "info", [7] = "debug"};
enum { LEVEL_FIRST = 3, LEVEL_LAST = 7 };

/* What a setting that is one of three words may be. */
enum { CHOICES = 5 };
typedef struct Choices {
    const char *words[CHOICES + 1]; /* closed by NULL */
} Choices;
static const Choices choosers = {{"all", "none", "rules"}};
static const Choices tagged = {{"none", "tagged", "all"}};
static const Choices engines = {{"auto", "native", "timescaledb"}};
static const Choices modes = {{"normal", "stop", "freeze"}};
static const Choices roles = {{"nobody", "admin", "engineer", "operator", "viewer"}};

static const Choices *choices_of(const CfgSetting *setting)
{
    return setting->kind == CFG_CHOOSER  ? &choosers
           : setting->kind == CFG_TAGGED ? &tagged
           : setting->kind == CFG_MODE   ? &modes
           : setting->kind == CFG_ROLE   ? &roles
                                         : &engines;
}

static void *field_of(const CfgSetting *setting, Cfg *cfg)
{
    return (char *)cfg + setting->offset;
}

static const void *const_field_of(const CfgSetting *setting, const Cfg *cfg)
{
    return (const char *)cfg + setting->offset;
}

bool cfg_text_is_plain(BpStr text)
{
    for (size_t i = 0; i < text.size; i++)
        if ((unsigned char)text.data[i] < ' ' || text.data[i] == 0x7F)
            return false;
    return bp_str_is_utf8(text);
}

/* ---- to text ---- */

static void format_duration(int64_t duration_us, BpBuf *out)
{
    static const struct {
        int64_t size_us;
        const char *name;
    } units[] = {{BP_DAY, "d"}, {BP_HOUR, "h"}, {BP_MINUTE, "min"}, {BP_SECOND, "s"}, {BP_MS, "ms"}};
    if (duration_us < BP_MS)
        bp_buf_printf(out, "0s");
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (duration_us >= units[i].size_us)
            bp_buf_printf(out, "%" PRId64 "%s", duration_us / units[i].size_us, units[i].name);
        duration_us %= units[i].size_us;
    }
}

static void format_size(int64_t octets, BpBuf *out)
{
    static const char *const units[] = {"", "kB", "MB", "GB"};
    size_t unit = 0;
    for (; unit < 3 && octets && octets % 1024 == 0; unit++)
        octets /= 1024;
    bp_buf_printf(out, "%" PRId64 "%s", octets, units[unit]);
}

/* Quoted where a file would otherwise read something else. */
static void format_text(BpStr text, BpBuf *out)
{
    const bool plain = text.size && bp_str_trim(text).size == text.size && text.data[0] != '"' &&
                       !memchr(text.data, '#', text.size);
    if (plain) {
        bp_buf_str(out, text);
        return;
    }
    bp_buf_u8(out, '"');
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '"' || text.data[i] == '\\')
            bp_buf_u8(out, '\\');
        bp_buf_u8(out, (uint8_t)text.data[i]);
    }
    bp_buf_u8(out, '"');
}

void cfg_format(const Cfg *cfg, const CfgSetting *setting, BpBuf *out)
{
    const void *field = const_field_of(setting, cfg);
    switch (setting->kind) {
    case CFG_TEXT:
    case CFG_IDENTIFIER:
    case CFG_IPV4:
    case CFG_NODES:
    case CFG_ADDRESSES:
    case CFG_CHOOSER:
    case CFG_TAGGED:
    case CFG_MODE:
    case CFG_ROLE:
    case CFG_ENGINE:
    case CFG_PATH: format_text(bp_str(*(const char *const *)field), out); break;
    case CFG_INTEGER: bp_buf_printf(out, "%" PRId64, *(const int64_t *)field); break;
    case CFG_DURATION: format_duration(*(const int64_t *)field, out); break;
    case CFG_SIZE: format_size(*(const int64_t *)field, out); break;
    case CFG_BOOL: bp_buf_printf(out, "%s", *(const bool *)field ? "true" : "false"); break;
    case CFG_LEVEL: bp_buf_printf(out, "%s", level_names[*(const int *)field]); break;
    }
}

static void format_addresses(const CfgSetting *setting, BpBuf *out)
{
    const char *like = setting->kind == CFG_NODES ? "10.1.2.9 or 10.1.2.9:47809"
                                                  : "10.1.2.9, 10.1.2.9:47809 or 10.1.2.1/2001:0a";
    if (setting->max == 1)
        bp_buf_printf(out, "an address like %s, or empty", like);
    else
        bp_buf_printf(out, "at most %" PRId64 " addresses like %s, with blanks between them", setting->max,
                      like);
}

static void format_choices(const Choices *choices, BpBuf *out)
{
    for (const char *const *word = choices->words; *word; word++)
        bp_buf_printf(out, "%s%s", *word, !word[1] ? "" : word[2] ? ", " : " or ");
}

void cfg_format_range(const CfgSetting *setting, BpBuf *out)
{
    switch (setting->kind) {
    case CFG_TEXT:
    case CFG_PATH:
        if (setting->min)
            bp_buf_printf(out, "%" PRId64 " to %" PRId64 " octets", setting->min, setting->max);
        else
            bp_buf_printf(out, "at most %" PRId64 " octets", setting->max);
        break;
    case CFG_IDENTIFIER:
        bp_buf_printf(out, "%" PRId64 " to %" PRId64 " of a-z 0-9 _ -", setting->min, setting->max);
        break;
    case CFG_IPV4:
        bp_buf_printf(out, "four numbers of 0 to 255 with dots, as 10.1.2.3%s",
                      setting->min ? "" : ", or empty");
        break;
    case CFG_NODES:
    case CFG_ADDRESSES: format_addresses(setting, out); break;
    case CFG_INTEGER: bp_buf_printf(out, "%" PRId64 " to %" PRId64, setting->min, setting->max); break;
    case CFG_DURATION:
        format_duration(setting->min * BP_SECOND, out);
        bp_buf_printf(out, " to ");
        format_duration(setting->max * BP_SECOND, out);
        break;
    case CFG_SIZE:
        format_size(setting->min, out);
        bp_buf_printf(out, " to ");
        format_size(setting->max, out);
        break;
    case CFG_BOOL: bp_buf_printf(out, "true or false"); break;
    case CFG_LEVEL: bp_buf_printf(out, "error, warning, notice, info or debug"); break;
    case CFG_CHOOSER:
    case CFG_TAGGED:
    case CFG_MODE:
    case CFG_ROLE:
    case CFG_ENGINE: format_choices(choices_of(setting), out); break;
    }
}

/* ---- from text ---- */

/* "poll.interval = 200d is out of range: 1s to 1d". */
static BpStatus refuse(const CfgSetting *setting, BpStr text, const char *what, BpError *err)
{
    char quoted[QUOTED_MAX];
    const bool whole = bp_str_copy(text, quoted, sizeof quoted);
    uint8_t memory[RANGE_MAX];
    BpBuf range = bp_buf(memory, sizeof memory);
    cfg_format_range(setting, &range);
    return bp_fail(err, BP_INVALID, "%s = %s%s %s: %.*s", setting->name, quoted, whole ? "" : "...", what,
                   BP_STR_ARGS(bp_buf_text(&range)));
}

static bool is_identifier(BpStr text)
{
    for (size_t i = 0; i < text.size; i++) {
        const char letter = text.data[i];
        if (!(letter >= 'a' && letter <= 'z') && !(letter >= '0' && letter <= '9') && letter != '_' &&
            letter != '-')
            return false;
    }
    return true;
}

static bool is_ipv4(BpStr text)
{
    BpStr rest = text;
    for (int i = 0; i < 4; i++) {
        int64_t number;
        const BpStr part = bp_str_cut(rest, '.', &rest);
        if (part.size == 0 || part.size > 3 || (part.data[0] < '0' || part.data[0] > '9') ||
            (part.size > 1 && part.data[0] == '0') || bp_parse_i64(part, 0, 255, &number, NULL) != BP_OK ||
            (rest.data == NULL) != (i == 3))
            return false;
    }
    return true;
}

static bool is_number(BpStr text, int64_t min, int64_t max)
{
    int64_t number;
    return text.size > 0 && text.size <= 5 && text.data[0] >= '0' && text.data[0] <= '9' &&
           bp_parse_i64(text, min, max, &number, NULL) == BP_OK;
}

static bool is_mac(BpStr text)
{
    for (size_t i = 0; i < text.size; i++)
        if (!text.data[i] || !strchr("0123456789abcdefABCDEF", text.data[i]))
            return false;
    return text.size > 0 && text.size % 2 == 0 && text.size <= 2 * (size_t)MAC_MAX;
}

/* As lib/bacnet reads it, which is not ours to ask: 10.1.2.9, 10.1.2.9:47809, 10.1.2.1/2001,
 * 10.1.2.1/2001:0a. */
static bool is_node(BpStr text)
{
    BpStr port;
    const BpStr ip = bp_str_cut(text, ':', &port);
    return is_ipv4(ip) && (!port.data || is_number(port, 1, UINT16_MAX));
}

static bool is_address(BpStr text)
{
    BpStr station, mac;
    const BpStr node = bp_str_cut(text, '/', &station);
    if (!is_node(node) || !station.data)
        return is_node(node);
    const BpStr network = bp_str_cut(station, ':', &mac);
    return is_number(network, 1, UINT16_MAX) && (!mac.data || is_mac(mac));
}

static BpStatus parse_addresses(const CfgSetting *setting, BpStr text, BpArena *arena, const char **ret_text,
                                BpError *err)
{
    char *list = bp_arena_take(arena, text.size + 2);
    size_t size = 0;
    int64_t count = 0;
    for (BpStr rest = text; rest.size;) {
        const BpStr word = bp_str_trim(bp_str_cut(rest, ' ', &rest));
        if (word.size == 0)
            continue;
        if (setting->kind == CFG_NODES ? !is_node(word) : !is_address(word))
            return refuse(setting, word, "is no BACnet address", err);
        if (++count > setting->max)
            return refuse(setting, text, "are too many", err);
        if (size)
            list[size++] = ' ';
        memcpy(list + size, word.data, word.size);
        size += word.size;
    }
    list[size] = '\0';
    *ret_text = list;
    return BP_OK;
}

static BpStatus parse_text(const CfgSetting *setting, BpStr text, BpArena *arena, const char **ret_text,
                           BpError *err)
{
    if ((int64_t)text.size < setting->min && text.size == 0)
        return refuse(setting, text, "is empty", err);
    if (setting->kind == CFG_IDENTIFIER && !is_identifier(text))
        return refuse(setting, text, "has letters that it cannot have", err);
    if (setting->kind == CFG_IPV4 && text.size && !is_ipv4(text))
        return refuse(setting, text, "is not an IPv4 address", err);
    if ((int64_t)text.size < setting->min || (int64_t)text.size > setting->max)
        return refuse(setting, text, (int64_t)text.size < setting->min ? "is too short" : "is too long", err);
    *ret_text = bp_arena_text(arena, text);
    return BP_OK;
}

static BpStatus parse_integer(const CfgSetting *setting, BpStr text, int64_t *ret_value, BpError *err)
{
    int64_t value;
    if (bp_parse_i64(text, INT64_MIN, INT64_MAX, &value, NULL) != BP_OK)
        return refuse(setting, text, "is not a whole number", err);
    if (value < setting->min || value > setting->max)
        return refuse(setting, text, "is out of range", err);
    *ret_value = value;
    return BP_OK;
}

static BpStatus parse_duration(const CfgSetting *setting, BpStr text, int64_t *ret_us, BpError *err)
{
    int64_t value_us, bare;
    if (bp_parse_i64(text, 0, INT64_MAX, &bare, NULL) == BP_OK)
        return bp_fail(err, BP_INVALID,
                       "%s = %" PRId64 " has no unit: write %" PRId64 "s, %" PRId64 "min, %" PRId64
                       "h or %" PRId64 "d",
                       setting->name, bare, bare, bare, bare, bare);
    if (bp_parse_duration_us(text, &value_us, NULL) != BP_OK)
        return refuse(setting, text, "is not a duration such as 15s, 5min or 1h30min", err);
    if (value_us < setting->min * BP_SECOND || value_us > setting->max * BP_SECOND)
        return refuse(setting, text, "is out of range", err);
    *ret_us = value_us;
    return BP_OK;
}

static BpStatus parse_size(const CfgSetting *setting, BpStr text, int64_t *ret_octets, BpError *err)
{
    int64_t octets;
    if (bp_parse_size(text, &octets, NULL) != BP_OK)
        return refuse(setting, text, "is not a size such as 64kB, 256MB or 2GB", err);
    if (octets < setting->min || octets > setting->max)
        return refuse(setting, text, "is out of range", err);
    *ret_octets = octets;
    return BP_OK;
}

static BpStatus parse_bool(const CfgSetting *setting, BpStr text, bool *ret_truth, BpError *err)
{
    if (bp_parse_bool(text, ret_truth, NULL) != BP_OK)
        return refuse(setting, text, "is neither true nor false", err);
    return BP_OK;
}

static BpStatus parse_level(const CfgSetting *setting, BpStr text, int *ret_level, BpError *err)
{
    for (int level = LEVEL_FIRST; level <= LEVEL_LAST; level++)
        if (bp_str_equal(text, bp_str(level_names[level]))) {
            *ret_level = level;
            return BP_OK;
        }
    return refuse(setting, text, "is not a level", err);
}

static BpStatus parse_choice(const CfgSetting *setting, BpStr text, const char **ret_text, BpError *err)
{
    const Choices *choices = choices_of(setting);
    for (size_t i = 0; choices->words[i]; i++)
        if (bp_str_equal(text, bp_str(choices->words[i]))) {
            *ret_text = choices->words[i];
            return BP_OK;
        }
    return refuse(setting, text, "is none of the choices", err);
}

BpStatus cfg_value_parse(const CfgSetting *setting, BpStr text, BpArena *arena, Cfg *cfg, BpError *err)
{
    void *field = field_of(setting, cfg);
    if (!cfg_text_is_plain(text))
        return bp_fail(err, BP_INVALID, "%s has control characters or is not UTF-8: write plain text",
                       setting->name);
    switch (setting->kind) {
    case CFG_TEXT:
    case CFG_IDENTIFIER:
    case CFG_IPV4:
    case CFG_PATH: return parse_text(setting, text, arena, field, err);
    case CFG_NODES:
    case CFG_ADDRESSES: return parse_addresses(setting, text, arena, field, err);
    case CFG_INTEGER: return parse_integer(setting, text, field, err);
    case CFG_DURATION: return parse_duration(setting, text, field, err);
    case CFG_SIZE: return parse_size(setting, text, field, err);
    case CFG_BOOL: return parse_bool(setting, text, field, err);
    case CFG_LEVEL: return parse_level(setting, text, field, err);
    case CFG_CHOOSER:
    case CFG_TAGGED:
    case CFG_MODE:
    case CFG_ROLE:
    case CFG_ENGINE: return parse_choice(setting, text, field, err);
    }
    assert(!"a setting has a kind");
    return BP_INVALID;
}
