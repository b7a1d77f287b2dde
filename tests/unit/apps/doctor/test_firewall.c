/* What firewalls' rules say of a port, as `nft -j list ruleset` and `iptables-save` print them. That nft
 * prints them so is tested with the real one in tests/flow/doctor.bats. */
#include "apps/doctor/firewall.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Whether a chain of inputs with these rules (each an "expr", with commas between) lets UDP port 47808 in. */
static bool drops(const char *policy, const char *rules)
{
    static char text[8192];
    size_t used =
        (size_t)snprintf(text, sizeof text,
                         "{\"nftables\": [{\"metainfo\": {}}, {\"set\": {\"family\": \"inet\", \"table\": "
                         "\"f\", \"name\": \"ports\", \"elem\": [22, {\"range\": [47000, 48000]}]}}, "
                         "{\"chain\": {\"family\": \"inet\", \"table\": \"f\", \"name\": \"other\"}},"
                         "{\"rule\": {\"family\": \"inet\", \"table\": \"f\", \"chain\": \"other\", "
                         "\"expr\": [{\"accept\": null}]}},"
                         "{\"chain\": {\"family\": \"inet\", \"table\": \"f\", \"name\": \"in\", \"type\": "
                         "\"filter\", \"hook\": \"input\", \"policy\": \"%s\"}}",
                         policy);
    for (BpStr rest = bp_str(rules); rest.size;) {
        const BpStr rule = bp_str_cut(rest, '\n', &rest);
        used += (size_t)snprintf(
            text + used, sizeof text - used,
            ",{\"rule\": {\"family\": \"inet\", \"table\": \"f\", \"chain\": \"in\", \"expr\": "
            "[%.*s]}}",
            BP_STR_ARGS(rule));
    }
    snprintf(text + used, sizeof text - used, "]}");
    return doctor_nft_drops(bp_str(text), "eth0", 47808);
}

#define MATCH(left, op, right) "{\"match\": {\"op\": \"" op "\", \"left\": " left ", \"right\": " right "}}"
#define DPORT                  "{\"payload\": {\"protocol\": \"udp\", \"field\": \"dport\"}}"
#define TCP_DPORT              "{\"payload\": {\"protocol\": \"tcp\", \"field\": \"dport\"}}"
#define SADDR                  "{\"payload\": {\"protocol\": \"ip\", \"field\": \"saddr\"}}"
#define META(key)              "{\"meta\": {\"key\": \"" key "\"}}"
#define STATE                  "{\"ct\": {\"key\": \"state\"}}"
#define ACCEPT                 ", {\"counter\": {\"packets\": 0}}, {\"accept\": null}"
#define DROP                   ", {\"drop\": null}"

static void no_rules_drop_nothing(void **state)
{
    (void)state;
    assert_false(doctor_nft_drops(bp_str(""), "eth0", 47808));
    assert_false(doctor_nft_drops(bp_str("{\"nftables\": 5}"), "eth0", 47808));
    assert_false(
        doctor_nft_drops(bp_str("{\"nftables\": [{\"rule\": 1}, {\"chain\": []}, 7]}"), "eth0", 47808));
    assert_false(drops("accept", ""));
    assert_true(drops("drop", ""));
}

static void a_rule_lets_the_port_in_whatever_way_it_is_named(void **state)
{
    (void)state;
    static const char *const opens[] = {
        MATCH(DPORT, "==", "47808") ACCEPT,
        MATCH(DPORT, "==", "{\"set\": [53, {\"range\": [47808, 47810]}]}") ACCEPT,
        MATCH(DPORT, "==", "{\"range\": [1024, 65535]}") ACCEPT,
        MATCH(DPORT, "==", "\"@ports\"") ACCEPT,
        MATCH(DPORT, "!=", "53") ACCEPT,
        MATCH(META("l4proto"), "==", "\"udp\"") ACCEPT,
        MATCH(META("iifname"), "==", "\"eth*\"") ACCEPT,
        MATCH(STATE, "in", "[\"established\", \"new\"]") ACCEPT,
        MATCH(DPORT, "==", "47808") ", {\"jump\": {\"target\": \"other\"}}",
        "{\"vmap\": {\"key\": " DPORT ", \"data\": {\"set\": [[47808, {\"accept\": null}]]}}}",
        /* what cannot be told from here */
        MATCH(SADDR, "==", "{\"prefix\": {\"addr\": \"10.0.0.0\", \"len\": 8}}") ACCEPT,
        "{\"limit\": {\"rate\": 5}}" ACCEPT,
    };
    for (size_t i = 0; i < sizeof opens / sizeof opens[0]; i++)
        if (drops("drop", opens[i]))
            fail_msg("closed: %s", opens[i]);
}

static void a_rule_of_something_else_does_not(void **state)
{
    (void)state;
    static const char *const closed[] = {
        MATCH(DPORT, "==", "53") ACCEPT,
        MATCH(TCP_DPORT, "==", "47808") ACCEPT,
        MATCH(META("l4proto"), "==", "{\"set\": [\"tcp\", \"icmp\"]}") ACCEPT,
        MATCH(META("iifname"), "==", "\"lo\"") ACCEPT,
        MATCH(STATE, "in", "[\"established\", \"related\"]") ACCEPT,
        MATCH(DPORT, "==", "\"@ports\"") DROP "\n" MATCH(DPORT, "==", "47808") ACCEPT,
        MATCH(DPORT, "==", "47808") ", {\"return\": null}\n" MATCH(DPORT, "==", "47808") ACCEPT,
        "{\"vmap\": {\"key\": " STATE
        ", \"data\": {\"set\": [[\"established\", {\"accept\": null}], [\"invalid\", "
        "{\"drop\": null}]]}}}",
    };
    for (size_t i = 0; i < sizeof closed / sizeof closed[0]; i++)
        if (!drops("drop", closed[i]))
            fail_msg("open: %s", closed[i]);
}

static void a_rule_drops_where_the_policy_does_not(void **state)
{
    (void)state;
    assert_true(drops("accept", MATCH(DPORT, "==", "47808") ", {\"reject\": {\"type\": \"icmpx\"}}"));
    assert_true(drops("accept", "{\"counter\": null}" DROP));
    assert_false(drops("accept", MATCH(SADDR, "==", "\"10.0.0.9\"") DROP));
    /* Chains that jump in a circle, which the kernel refuses, end nevertheless. */
    assert_false(drops("drop", "{\"jump\": {\"target\": \"in\"}}"));
}

static void iptables_drops_but_for_named_ports(void **state)
{
    (void)state;
    assert_false(
        doctor_iptables_drops(bp_str("*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\nCOMMIT\n"), 47808));
    assert_true(doctor_iptables_drops(
        bp_str("*filter\n:INPUT DROP [12:345]\n-A INPUT -p tcp --dport 22 -j ACCEPT\nCOMMIT\n"), 47808));
    assert_false(doctor_iptables_drops(
        bp_str("*filter\n:INPUT DROP [12:345]\n-A INPUT -p udp --dport 47808 -j ACCEPT\nCOMMIT\n"), 47808));
    /* One that names the port to drop it, without an end of the line. */
    assert_true(doctor_iptables_drops(
        bp_str("*filter\n:INPUT DROP [12:345]\n-A INPUT -p udp --dport 47808 -j DROP"), 47808));
}

static void who_may_be_returned_before_is_not_dropped_after(void **state)
{
    (void)state;
    static const char drop[] = "{\"drop\": null}";
    static const char *const ways[] = {
        MATCH(SADDR, "==", "\"10.0.0.0/8\"") ", {\"return\": null}\n",
        MATCH(SADDR, "==", "\"10.0.0.0/8\"") ", {\"goto\": {\"target\": \"empty\"}}\n",
    };
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        char rules[1024];
        snprintf(rules, sizeof rules, "%s%s", ways[i], drop);
        assert_false(drops("accept", rules));
        assert_true(drops("drop", rules)); /* the policy's word, and no rule's */
    }
    assert_true(drops("accept", MATCH(DPORT, "==", "22") ", {\"return\": null}\n{\"drop\": null}"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_rules_drop_nothing),
        cmocka_unit_test(who_may_be_returned_before_is_not_dropped_after),
        cmocka_unit_test(a_rule_lets_the_port_in_whatever_way_it_is_named),
        cmocka_unit_test(a_rule_of_something_else_does_not),
        cmocka_unit_test(a_rule_drops_where_the_policy_does_not),
        cmocka_unit_test(iptables_drops_but_for_named_ports),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
