#include "apps/doctor/firewall.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

enum { DEPTH_MAX = 16 }; /* of jumps, as the kernel has it */

/* ---- nftables ---- */

/* Whether a rule's conditions hold of such a datagram. */
typedef enum Truth { NO, MAYBE, YES } Truth;
/* What a rule or a chain says of it. */
/* MAY_RETURN: whether the rule is of the datagram cannot be told. */
typedef enum Verdict { GOES_ON, MAY_RETURN, RETURNS, ACCEPTS, DROPS } Verdict;

typedef struct Firewall {
    const json_t *ruleset; /* an array of {"table": ...}, {"chain": ...}, {"rule": ...}, ... */
    const char *interface;
    uint16_t port;
} Firewall;

/* Where names are looked for. */
typedef struct Table {
    const char *family, *name;
} Table;

static Verdict run_chain(const Firewall *firewall, Table table, const char *name, int depth);

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static bool is_in(const json_t *object, Table table)
{
    return strcmp(text_of(object, "family"), table.family) == 0 &&
           strcmp(text_of(object, "table"), table.name) == 0;
}

/* The elements of a set that has a name; NULL: it is not there. */
static const json_t *find_set(const Firewall *firewall, Table table, const char *name)
{
    size_t i;
    json_t *one;
    json_array_foreach (firewall->ruleset, i, one) {
        const json_t *set = json_object_get(one, "set");
        if (set && is_in(set, table) && strcmp(text_of(set, "name"), name) == 0)
            return json_object_get(set, "elem");
    }
    return NULL;
}

/* What is asked of the datagram: its fields, as numbers or texts. */
typedef struct Field {
    bool is_known, is_number;
    json_int_t number;
    const char *text;
} Field;

static Field field_of(const Firewall *firewall, const json_t *left)
{
    const json_t *meta = json_object_get(left, "meta"), *payload = json_object_get(left, "payload"),
                 *ct = json_object_get(left, "ct");
    const char *key = meta ? text_of(meta, "key") : text_of(ct, "key"), *field = text_of(payload, "field");
    const char *protocol = text_of(payload, "protocol");
    if (meta && (strcmp(key, "iifname") == 0 || strcmp(key, "iif") == 0) && firewall->interface)
        return (Field){.is_known = true, .text = firewall->interface};
    if (meta && strcmp(key, "l4proto") == 0)
        return (Field){.is_known = true, .text = "udp"};
    if (meta && strcmp(key, "nfproto") == 0)
        return (Field){.is_known = true, .text = "ipv4"};
    if (ct && strcmp(key, "state") == 0)
        return (Field){.is_known = true, .text = "new"};
    if (payload && strcmp(protocol, "ip") == 0 && strcmp(field, "protocol") == 0)
        return (Field){.is_known = true, .text = "udp"};
    if (payload && (strcmp(protocol, "udp") == 0 || strcmp(protocol, "th") == 0) &&
        strcmp(field, "dport") == 0)
        return (Field){.is_known = true, .is_number = true, .number = firewall->port};
    return (Field){0};
}

/* Of another protocol than UDP over IPv4: what asks for its fields asks for it. */
static bool is_of_other_protocol(const json_t *left)
{
    static const char *const others[] = {"tcp",  "icmp",    "icmpv6", "ip6", "sctp",
                                         "dccp", "udplite", "esp",    "ah"};
    const char *protocol = text_of(json_object_get(left, "payload"), "protocol");
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (strcmp(protocol, others[i]) == 0)
            return true;
    return false;
}

static Truth holds_one(const Firewall *firewall, Table table, const Field *field, const json_t *right,
                       int depth);

/* One of them will do. */
static Truth holds_any(const Firewall *firewall, Table table, const Field *field, const json_t *list,
                       int depth)
{
    Truth best = NO;
    size_t i;
    json_t *one;
    json_array_foreach (list, i, one) {
        const Truth truth = holds_one(firewall, table, field, one, depth);
        best = truth > best ? truth : best;
    }
    return best;
}

static Truth holds_range(const Field *field, const json_t *range)
{
    const json_t *first = json_array_get(range, 0), *last = json_array_get(range, 1);
    if (!field->is_number || !json_is_integer(first) || !json_is_integer(last))
        return MAYBE;
    return json_integer_value(first) <= field->number && field->number <= json_integer_value(last) ? YES : NO;
}

/* "eth*" stands for all that begin so. */
static Truth holds_text(const Field *field, const char *text)
{
    const size_t size = strlen(text);
    if (size && text[size - 1] == '*')
        return strncmp(field->text, text, size - 1) == 0 ? YES : NO;
    return strcmp(field->text, text) == 0 ? YES : NO;
}

static Truth holds_one(const Firewall *firewall, Table table, const Field *field, const json_t *right,
                       int depth)
{
    const char *text = json_string_value(right);
    if (depth > DEPTH_MAX)
        return MAYBE;
    if (text && text[0] == '@') {
        const json_t *set = find_set(firewall, table, text + 1);
        return set ? holds_any(firewall, table, field, set, depth + 1) : MAYBE;
    }
    if (json_is_array(right))
        return holds_any(firewall, table, field, right, depth + 1);
    if (json_object_get(right, "set"))
        return holds_one(firewall, table, field, json_object_get(right, "set"), depth + 1);
    if (json_object_get(right, "elem"))
        return holds_one(firewall, table, field, json_object_get(json_object_get(right, "elem"), "val"),
                         depth + 1);
    if (json_object_get(right, "range"))
        return holds_range(field, json_object_get(right, "range"));
    if (field->is_number && json_is_integer(right))
        return json_integer_value(right) == field->number ? YES : NO;
    if (!field->is_number && text)
        return holds_text(field, text);
    return MAYBE;
}

static Truth holds(const Firewall *firewall, Table table, const json_t *match)
{
    const json_t *left = json_object_get(match, "left");
    const char *op = text_of(match, "op");
    const Field field = field_of(firewall, left);
    if (is_of_other_protocol(left))
        return NO;
    if (!field.is_known)
        return MAYBE;
    const Truth truth = holds_one(firewall, table, &field, json_object_get(match, "right"), 0);
    if (strcmp(op, "==") == 0 || strcmp(op, "in") == 0)
        return truth;
    return strcmp(op, "!=") == 0 ? (Truth)(YES - truth) : MAYBE;
}

/* {"accept": null}, {"drop": null}, {"reject": ...}, {"return": null}, {"jump": {"target": ...}}; else it
 * goes on. */
static Verdict verdict_of(const Firewall *firewall, Table table, const json_t *statement, int depth)
{
    const json_t *jump = json_object_get(statement, "jump"), *leap = json_object_get(statement, "goto");
    if (json_object_get(statement, "accept"))
        return ACCEPTS;
    if (json_object_get(statement, "drop") || json_object_get(statement, "reject"))
        return DROPS;
    if (json_object_get(statement, "return"))
        return RETURNS;
    if (!jump && !leap)
        return GOES_ON;
    const Verdict verdict = run_chain(firewall, table, text_of(jump ? jump : leap, "target"), depth + 1);
    return leap && verdict == GOES_ON ? RETURNS : verdict;
}

/* What the first value says that the field has: {"vmap": {"key": ..., "data": {"set": [[VALUE, VERDICT],
 * ...]}}}.
 */
static Verdict look_up(const Firewall *firewall, Table table, const json_t *vmap, int depth)
{
    const json_t *data = json_object_get(json_object_get(vmap, "data"), "set");
    const Field field = field_of(firewall, json_object_get(vmap, "key"));
    size_t i;
    json_t *one;
    if (!data || !field.is_known)
        return ACCEPTS; /* a map of its own, or of what we do not know */
    json_array_foreach (data, i, one) {
        const Truth truth = holds_one(firewall, table, &field, json_array_get(one, 0), 0);
        const Verdict verdict = verdict_of(firewall, table, json_array_get(one, 1), depth);
        if (truth == YES || (truth == MAYBE && verdict == ACCEPTS))
            return verdict;
        if (truth == MAYBE && verdict == RETURNS)
            return MAY_RETURN;
    }
    return GOES_ON;
}

static Verdict run_rule(const Firewall *firewall, Table table, const json_t *rule, int depth)
{
    Truth truth = YES;
    size_t i;
    json_t *statement;
    json_array_foreach (json_object_get(rule, "expr"), i, statement) {
        const json_t *match = json_object_get(statement, "match"), *vmap = json_object_get(statement, "vmap");
        const Truth one = match ? holds(firewall, table, match)
                          : json_object_get(statement, "limit") || json_object_get(statement, "xt") ? MAYBE
                                                                                                    : YES;
        truth = one < truth ? one : truth;
        if (truth == NO)
            return GOES_ON;
        const Verdict verdict =
            vmap ? look_up(firewall, table, vmap, depth) : verdict_of(firewall, table, statement, depth);
        if (verdict == ACCEPTS || (verdict != GOES_ON && truth == YES))
            return verdict;
        if (verdict == RETURNS || verdict == MAY_RETURN)
            return MAY_RETURN;
    }
    return GOES_ON;
}

static Verdict run_chain(const Firewall *firewall, Table table, const char *name, int depth)
{
    size_t i;
    json_t *one;
    bool may_return = false; /* and then what follows in here is not what becomes of it */
    if (depth > DEPTH_MAX)
        return ACCEPTS;
    json_array_foreach (firewall->ruleset, i, one) {
        const json_t *rule = json_object_get(one, "rule");
        if (!rule || !is_in(rule, table) || strcmp(text_of(rule, "chain"), name) != 0)
            continue;
        const Verdict verdict = run_rule(firewall, table, rule, depth);
        may_return = may_return || verdict == MAY_RETURN;
        if (verdict == RETURNS || (verdict == DROPS && may_return))
            return GOES_ON;
        if (verdict == DROPS || verdict == ACCEPTS)
            return verdict;
    }
    return GOES_ON;
}

/* What comes in passes here, and each that does must let it. */
static bool is_on_the_way(const json_t *chain)
{
    const char *family = text_of(chain, "family"), *hook = text_of(chain, "hook");
    return strcmp(text_of(chain, "type"), "filter") == 0 &&
           (strcmp(family, "ip") == 0 || strcmp(family, "inet") == 0) &&
           (strcmp(hook, "input") == 0 || strcmp(hook, "prerouting") == 0);
}

bool doctor_nft_drops(BpStr json, const char *interface, uint16_t port)
{
    json_auto_t *whole = json_loadb(json.data, json.size, 0, NULL);
    const Firewall firewall = {json_object_get(whole, "nftables"), interface, port};
    size_t i;
    json_t *one;
    json_array_foreach (firewall.ruleset, i, one) {
        const json_t *chain = json_object_get(one, "chain");
        if (!chain || !is_on_the_way(chain))
            continue;
        const Table table = {text_of(chain, "family"), text_of(chain, "table")};
        const Verdict verdict = run_chain(&firewall, table, text_of(chain, "name"), 0);
        if (verdict == DROPS || (verdict == GOES_ON && strcmp(text_of(chain, "policy"), "drop") == 0))
            return true;
    }
    return false;
}

/* ---- iptables ---- */

static bool has_word(BpStr text, const char *word)
{
    return memmem(text.data, text.size, word, strlen(word)) != NULL;
}

bool doctor_iptables_drops(BpStr rules, uint16_t port)
{
    char number[8];
    bool drops = false;
    snprintf(number, sizeof number, "%u", port);
    for (BpStr rest = rules; rest.size;) {
        const BpStr line = bp_str_trim(bp_str_cut(rest, '\n', &rest));
        drops |= has_word(line, ":INPUT DROP") || has_word(line, ":INPUT REJECT");
        if (has_word(line, "ACCEPT") && has_word(line, number))
            return false;
    }
    return drops;
}
