/* What firewalls' rules say of a port, as nft and iptables-save print them. */
#include "apps/tools/doctor.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static bool drops(const char *rules)
{
    return doctor_firewall_drops(bp_str(rules), 47808);
}

static void no_rules_drop_nothing(void **state)
{
    (void)state;
    assert_false(drops(""));
    assert_false(drops("table inet filter {\n\tchain input {\n\t\ttype filter hook input priority filter; "
                       "policy accept;\n\t}\n}\n"));
    assert_false(drops("*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\nCOMMIT\n"));
    /* What is forwarded is no matter. */
    assert_false(drops("table ip filter {\n\tchain FORWARD {\n\t\ttype filter hook forward priority filter; "
                       "policy drop;\n\t}\n}\n"));
}

static void what_comes_in_is_dropped_but_for_named_ports(void **state)
{
    (void)state;
    assert_true(drops("table inet filter {\n\tchain input {\n\t\ttype filter hook input priority filter; "
                      "policy drop;\n\t\ttcp dport 22 accept\n\t}\n}\n"));
    assert_false(drops("table inet filter {\n\tchain input {\n\t\ttype filter hook input priority filter; "
                       "policy drop;\n\t\tudp dport 47808 accept\n\t}\n}\n"));
    assert_true(drops("*filter\n:INPUT DROP [12:345]\n-A INPUT -p tcp --dport 22 -j ACCEPT\nCOMMIT\n"));
    assert_false(drops("*filter\n:INPUT DROP [12:345]\n-A INPUT -p udp --dport 47808 -j ACCEPT\nCOMMIT\n"));
    /* One that names the port to drop it, without an end of the line. */
    assert_true(drops("*filter\n:INPUT DROP [12:345]\n-A INPUT -p udp --dport 47808 -j DROP"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_rules_drop_nothing),
        cmocka_unit_test(what_comes_in_is_dropped_but_for_named_ports),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
