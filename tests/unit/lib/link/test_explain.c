#include "link/explain.h"

#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define AT "connecting to the database: connection to server at \"10.0.0.1\", port 54320 failed: "

typedef struct Case {
    const char *said;
    bool is_joining;
    BpStatus status;
    const char *meaning;
} Case;

/* As libpq 15 and OpenSSL 3 say it: tried with firewalls, proxies and servers of other kinds. */
static const Case cases[] = {
    {AT "Connection refused", false, BP_UNAVAILABLE,
     "the connection is refused: either central does not run"},
    {"the database did not answer in time: connection to server at \"10.0.0.1\", port 54320 failed:", false,
     BP_UNAVAILABLE, "must let through"},
    {"it did not answer in time", true, BP_UNAVAILABLE, "nobody answers"},
    {AT "No route to host", false, BP_UNAVAILABLE, "a router or firewall on the way says so"},
    {AT "Network is unreachable", false, BP_UNAVAILABLE, "is its cable or modem connected"},
    {"the name c.example.org has no address now (Temporary failure in name resolution)", true, BP_UNAVAILABLE,
     "name server (DNS)"},
    {AT "received invalid response to SSL negotiation: H", true, BP_UNAVAILABLE, "captive portal"},
    {AT "server does not support SSL, but SSL was required", true, BP_UNAVAILABLE,
     "a PostgreSQL without TLS"},
    {AT "SSL error: tlsv1 alert protocol version", true, BP_UNAVAILABLE, "has no TLS 1.3"},
    {AT "SSL error: certificate verify failed", false, BP_REFUSED, "which is 2027-01-15T08:00:00Z by this"},
    {AT "SSL error: certificate verify failed", true, BP_REFUSED, "not the central of this join file"},
    {AT "server certificate for \"127.0.0.1\" (and 1 other name) does not match host name \"x\"", false,
     BP_REFUSED, "central.names"},
    {AT "SSL error: sslv3 alert certificate revoked", false, BP_REFUSED, "shut this site out"},
    {AT "SSL error: sslv3 alert certificate revoked", true, BP_REFUSED, "revoked this join file"},
    {AT "FATAL:  role \"site_1\" is not permitted to log in", false, BP_REFUSED, "shut this site out"},
    {AT "SSL error: sslv3 alert certificate expired", false, BP_REFUSED,
     "`bacpipes site add macau` at central"},
    {AT "SSL error: tlsv1 alert unknown ca", false, BP_REFUSED, "another central, or began anew"},
    {AT "SSL error: tlsv1 alert unknown ca", true, BP_REFUSED, "does not know this join file"},
    {AT "FATAL:  role \"site_1\" does not exist", false, BP_REFUSED, "it does not know this site"},
    {AT "FATAL:  no pg_hba.conf entry for host \"10.0.0.2\"", true, BP_UNAVAILABLE,
     "`bacpipes central init`"},
    {AT "FATAL:  no pg_hba.conf entry for host \"10.0.0.2\"", false, BP_REFUSED,
     "has no login for this site"},
    {AT "FATAL:  the database system is starting up", false, BP_UNAVAILABLE, "in a moment"},
    {AT "FATAL:  too many connections for role \"site_1\"", false, BP_UNAVAILABLE, "running twice"},
    {AT "server closed the connection unexpectedly", false, BP_UNAVAILABLE, "firewall or proxy"},
    {AT "SSL SYSCALL error: EOF detected", false, BP_UNAVAILABLE, "firewall or proxy"},
    {AT "could not load private key file \"/x/site.key\": Permission denied", false, BP_UNAVAILABLE,
     "it was not asked"},
    {"could not open certificate file \"/x/site.crt\": Permission denied", false, BP_UNAVAILABLE,
     "it was not asked"},
    {AT "root certificate file \"/x/ca.crt\" does not exist", false, BP_UNAVAILABLE, "it was not asked"},
    {AT "Permission denied", false, BP_UNAVAILABLE, "own firewall"},
    {"could not translate host name \"c.example\" to address: Name or service not known", false,
     BP_UNAVAILABLE, "name server (DNS)"},
    {AT "FATAL:  database \"bacpipes\" does not exist", false, BP_UNAVAILABLE, "is not made a central"},
    {AT "FATAL:  database \"bacpipes\" does not exist", true, BP_UNAVAILABLE, "is not made a central"},
    {AT "FATAL:  role \"bacpipes_join\" does not exist", true, BP_UNAVAILABLE, "is not made a central"},
    {AT "FATAL:  certificate authentication failed for user \"bacpipes_join\"", true, BP_UNAVAILABLE,
     "lets no sites in yet"},
    {AT "FATAL:  the database system is in recovery mode", false, BP_UNAVAILABLE, "in a moment"},
    {AT "FATAL:  the database system is not yet accepting connections", false, BP_UNAVAILABLE, "in a moment"},
    {AT "FATAL:  terminating connection due to administrator command", false, BP_UNAVAILABLE,
     "has ended this connection"},
    {AT "SSL error: tlsv13 alert certificate required", false, BP_REFUSED, "no certificate came to it"},
    {AT "FATAL:  connection requires a valid client certificate", false, BP_REFUSED,
     "no certificate came to it"},
    {AT "SSL error: sslv3 alert bad certificate", false, BP_UNAVAILABLE,
     "not valid yet now, which is 2027-01-15T08:00:00Z by this"},
    {AT "something else", false, BP_UNAVAILABLE, "does not let us in: something else"},
};

static void each_reason_is_said_in_words_that_say_what_to_look_at(void **state)
{
    (void)state;
    BpError why, err;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const LinkAttempt attempt = {"c.example.org", 54320, "macau", cases[i].is_joining,
                                     (int64_t)1800000000 * BP_SECOND};
        bp_fail(&why, BP_UNAVAILABLE, "%s", cases[i].said);
        const BpStatus status = link_explain(&attempt, &why, &err);
        if (status != cases[i].status || err.status != status || !strstr(err.text, cases[i].meaning))
            fail_msg("%s: status %d, %s", cases[i].said, (int)status, err.text);
        assert_ptr_equal(strstr(err.text, "central at c.example.org port 54320"), err.text);
        assert_null(strstr(err.text, "connection to server")); /* in words of ours, and the reason alone */
        assert_null(strstr(err.text, "()"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_reason_is_said_in_words_that_say_what_to_look_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
