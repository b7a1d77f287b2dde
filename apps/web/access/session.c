/* Cookies: of a session, and the mark of a browser that somebody has logged in with. */
#include "apps/web/access/cookie.h"
#include "apps/web/access/parts.h"

#include <stdio.h>
#include <string.h>

/* Under TLS the name itself says that the cookie is of this host alone (RFC 6265bis, 4.1.3.2). Plain HTTP,
 * which is for the loopback, cannot have that. */
static const char *cookie_name(const Call *call)
{
    return call_is_secure(call) ? "__Host-bacpipes" : "bacpipes";
}

static const char *mark_name(const Call *call)
{
    return call_is_secure(call) ? "__Host-bacpipes-browser" : "bacpipes-browser";
}

static BpStr find(const Call *call, const char *name)
{
    const BpStr secret = cookie_find(call_header(call, HTTPD_COOKIE), name);
    return secret_is_drawn(secret) ? secret : (BpStr){0};
}

Credential credential_of(const Call *call)
{
    const BpStr authorization = call_header(call, HTTPD_AUTHORIZATION);
    Credential credential = {.is_token = authorization.size > 0};
    /* Who brings a token means it: a cookie beside it counts for nothing. */
    credential.secret = credential.is_token ? cookie_bearer(authorization) : find(call, cookie_name(call));
    if (credential.secret.data)
        secret_digest(credential.secret, credential.digest);
    return credential;
}

void browser_marks(const Call *call, char ret_session[SECRET_DIGEST_SIZE],
                   char ret_browser[SECRET_DIGEST_SIZE])
{
    const BpStr session = find(call, cookie_name(call)), browser = find(call, mark_name(call));
    *ret_session = *ret_browser = '\0';
    if (session.data)
        secret_digest(session, ret_session);
    if (browser.data)
        secret_digest(browser, ret_browser);
}

static void set_cookie(Call *call, const char *name, const char *value, const char *path, long seconds)
{
    char text[256];
    snprintf(text, sizeof text, "%s=%s; Path=%s; Max-Age=%ld; HttpOnly; SameSite=Lax%s", name, value, path,
             seconds, call_is_secure(call) ? "; Secure" : "");
    call_set_field(call, "Set-Cookie", bp_str(text));
}

void session_set_cookies(Call *call, const char *session, const char *browser)
{
    static const long DAY_S = 86400, SESSION_S = 30 * DAY_S, BROWSER_S = 365 * DAY_S;
    set_cookie(call, cookie_name(call), session ? session : "", "/", session ? SESSION_S : 0);
    if (browser)
        set_cookie(call, mark_name(call), browser, "/", BROWSER_S);
}
