/* What a browser may be made to send by another site's page is refused, whoever is logged in: by the names
 * that we go by (DNS rebinding), by the Origin that browsers put there, and by a token that only our own
 * pages know. */
#include "apps/web/call/parts.h"

#include <strings.h>

/* The name of "[::1]:8080", "127.0.0.1:8080", "demo.example"; empty where something else than a port is
 * behind it. */
static BpStr host_name(BpStr host)
{
    const char *const end = host.data + host.size;
    const char *const bracket = host.size && host.data[0] == '[' ? memchr(host.data, ']', host.size) : NULL;
    const char *const colon = bracket || !host.size ? NULL : memchr(host.data, ':', host.size);
    const char *behind = bracket ? bracket + 1 : colon ? colon : end;
    const BpStr name = bracket ? (BpStr){host.data + 1, (size_t)(bracket - host.data - 1)}
                               : (BpStr){host.data, (size_t)(behind - host.data)};
    if (behind < end && *behind++ != ':')
        return (BpStr){"", 0};
    for (; behind < end; behind++)
        if (*behind < '0' || *behind > '9')
            return (BpStr){"", 0};
    return name;
}

static bool host_is_ours(const Call *call, BpStr host)
{
    const BpStr name = host_name(host);
    if (!call->web->host_names)
        return true;
    for (const char *const *ours = call->web->host_names; *ours; ours++)
        if (name.size == strlen(*ours) && strncasecmp(name.data, *ours, name.size) == 0)
            return true;
    return false;
}

/* An Origin is "https://NAME:PORT", which is where the page is from: the Host that it asks. */
static bool origin_is_ours(const Call *call, BpStr origin)
{
    static const char plain[] = "http://", secure[] = "https://";
    const BpStr host = call->headers[HTTPD_HOST];
    size_t skip = 0;
    if (origin.size > sizeof secure - 1 && memcmp(origin.data, secure, sizeof secure - 1) == 0)
        skip = sizeof secure - 1;
    else if (!call->is_secure && origin.size > sizeof plain - 1 &&
             memcmp(origin.data, plain, sizeof plain - 1) == 0)
        skip = sizeof plain - 1;
    return skip && origin.size - skip == host.size &&
           strncasecmp(origin.data + skip, host.data, host.size) == 0;
}

bool call_is_admitted(Call *call)
{
    const BpStr origin = call->headers[HTTPD_ORIGIN], fetched = call->headers[HTTPD_SEC_FETCH_SITE];
    if (!host_is_ours(call, call->headers[HTTPD_HOST])) {
        call_problem(call, 421, "wrong-host",
                     "this server does not go by that name: setting web.names has its names");
        return false;
    }
    const bool is_socket = bp_str_equal(call->path, bp_str("/api/v1/live"));
    if (origin.size && (!call_is_reading(call) || is_socket) && !origin_is_ours(call, origin)) {
        call_problem(call, 403, "foreign-origin", "a page of another site may not ask for this");
        return false;
    }
    if (fetched.size && !call_is_reading(call) && !bp_str_equal(fetched, bp_str("same-origin")) &&
        !bp_str_equal(fetched, bp_str("none"))) {
        call_problem(call, 403, "foreign-origin", "a page of another site may not ask for this");
        return false;
    }
    return true;
}

bool call_brings_token(Call *call)
{
    const char *const wanted = call->person->csrf;
    if (!wanted || call_is_reading(call))
        return true;
    const BpStr given = call->headers[HTTPD_CSRF];
    const size_t size = strlen(wanted);
    unsigned char differs = given.size != size;
    for (size_t i = 0; i < size && i < given.size; i++)
        differs |= (unsigned char)(given.data[i] ^ wanted[i]);
    if (differs)
        call_problem(call, 403, "foreign-origin",
                     "a change by a session brings X-CSRF-Token, which GET /api/v1/session has");
    return !differs;
}
