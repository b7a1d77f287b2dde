#include "link/explain.h"

#include "base/buf.h"
#include "base/time.h"

#include <string.h>

/* How the sentence ends. */
typedef enum End { ENDS, WITH_CLOCK, WITH_FILE } End;

typedef struct Reason {
    const char *words, *other_words; /* of a library or the server; the second may be NULL */
    BpStatus status;
    End end;
    const char *meaning; /* behind "central at HOST port PORT: " */
} Reason;

#define NO_CENTRAL                                                                                           \
    "its PostgreSQL is not made a central, or another one answers there: `bacpipes central init` at "        \
    "central "                                                                                               \
    "says what is left to do"

/* Looked through from the top. */
static const Reason reasons[] = {
    /* Nobody was asked. */
    {"private key file", "certificate file", BP_UNAVAILABLE, ENDS,
     "it was not asked, as a file of this site's certificate cannot be used here: is it there, and may the "
     "user that bacpipes runs as read it?"},
    /* Nobody is there. */
    {"has no address now", "could not translate host name", BP_UNAVAILABLE, ENDS,
     "its name has no address now: does this machine reach its name server (DNS), and is the name still "
     "right?"},
    {"Connection refused", NULL, BP_UNAVAILABLE, ENDS,
     "the connection is refused: either central does not run (`bacpipes status` there), or a firewall in "
     "front of it, which must let that TCP port through, says no"},
    {"not answer in time", "timed out", BP_UNAVAILABLE, ENDS,
     "nobody answers: either that machine is off, or a firewall on the way drops what goes to that TCP port, "
     "which it must let through"},
    {"No route to host", NULL, BP_UNAVAILABLE, ENDS,
     "no way leads there: a router or firewall on the way says so, which must let that TCP port through, or "
     "that machine is off"},
    {"unreachable", NULL, BP_UNAVAILABLE, ENDS,
     "this machine has no way there: is its cable or modem connected, and its gateway right?"},
    {"Operation not permitted", "Permission denied", BP_UNAVAILABLE, ENDS,
     "this machine's own firewall does not let us go there"},
    /* Somebody else is, for now. */
    {"invalid response to SSL negotiation", "wrong version number", BP_UNAVAILABLE, ENDS,
     "who answers there is not central: a sign-on page (captive portal), a proxy or another program is in "
     "the way, and must let that TCP port through as it is"},
    {"protocol version", NULL, BP_UNAVAILABLE, ENDS,
     "who answers there has no TLS 1.3, as central has: a firewall or proxy that opens TLS to look inside "
     "must not do so here"},
    {"does not support SSL", NULL, BP_UNAVAILABLE, ENDS,
     "who answers there is a PostgreSQL without TLS, or something in the way that takes it off: `bacpipes "
     "central init` at central says what is left to do"},
    {"certificate verify failed", "certificate has expired", BP_REFUSED, WITH_CLOCK,
     "who answers there is not the central that this site knows: the certificate is of another authority "
     "(a firewall or proxy that opens TLS to look inside must not do so here), or its time is not now"},
    {"does not match host name", "host name from server certificate", BP_REFUSED, ENDS,
     "its certificate is not for that name: setting central.names there must have it"},
    /* It is central, and says no. */
    {"certificate revoked", "not permitted to log in", BP_REFUSED, WITH_FILE,
     "it has shut this site out (`bacpipes site list` there says revoked or retired)"},
    {"certificate expired", NULL, BP_REFUSED, WITH_FILE,
     "this site's certificate is over by the clock of central"},
    {"unknown ca", "certificate unknown", BP_REFUSED, WITH_FILE,
     "it does not know the authority of this site's certificate: it is another central, or began anew"},
    {"certificate required", "valid client certificate", BP_REFUSED, WITH_FILE,
     "no certificate came to it: either something on the way opens TLS to look inside, which it must not do "
     "here, or this site has its own no more, and then"},
    {"bad certificate", NULL, BP_UNAVAILABLE, WITH_CLOCK,
     "by its clock the certificate, or its list of those that are revoked, is not valid yet now"},
    {"FATAL:  database \"", NULL, BP_UNAVAILABLE, ENDS, NO_CENTRAL},
    {"authentication failed", "\" does not exist", BP_REFUSED, WITH_FILE,
     "it does not know this site: its database was put back from before the site joined, or it is another "
     "central"},
    {"pg_hba.conf", NULL, BP_REFUSED, WITH_FILE,
     "it has no login for this site: either its PostgreSQL lets no sites in (`bacpipes central init` there "
     "says what is left to do), or its database was put back from before the site joined, and then"},
    {"the database system is", NULL, BP_UNAVAILABLE, ENDS, "it starts or stops: in a moment it is there"},
    {"terminating connection", NULL, BP_UNAVAILABLE, ENDS,
     "it has ended this connection: either its PostgreSQL stops, or it shuts this site out (`bacpipes site "
     "list` there says so)"},
    {"too many", "remaining connection slots", BP_UNAVAILABLE, ENDS,
     "it has no room for more connections now: is this site running twice, or setting central.sites there "
     "too small?"},
    /* Neither is known. */
    {"closed the connection", "Connection reset", BP_UNAVAILABLE, ENDS,
     "the connection ended before anybody had said who it is: a firewall or proxy on the way ends what it "
     "does not know, or what answers is not central"},
    {"SSL SYSCALL error", "unexpected eof", BP_UNAVAILABLE, ENDS,
     "the connection ended before anybody had said who it is: a firewall or proxy on the way ends what it "
     "does not know, or what answers is not central"},
};

/* A join file's certificate is none of the site, and nothing of the site is known yet. */
static const Reason of_joining[] = {
    {"certificate verify failed", NULL, BP_REFUSED, WITH_CLOCK,
     "who answers there is not the central of this join file: its certificate is of another authority (a "
     "firewall or proxy that opens TLS to look inside must not do so here), or its time is not now"},
    {"certificate revoked", NULL, BP_REFUSED, WITH_FILE, "it has revoked this join file"},
    {"FATAL:  role \"", "FATAL:  database \"", BP_UNAVAILABLE, ENDS, NO_CENTRAL},
    {"pg_hba.conf", "authentication failed", BP_UNAVAILABLE, ENDS,
     "its PostgreSQL lets no sites in yet: `bacpipes central init` there says what is left to do"},
    {"certificate expired", NULL, BP_REFUSED, WITH_FILE, "this join file is over by the clock of central"},
    {"unknown ca", "certificate unknown", BP_REFUSED, WITH_FILE,
     "it does not know this join file, which is of another central"},
};

static const Reason *find(const Reason *among, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++)
        if (strstr(text, among[i].words) || (among[i].other_words && strstr(text, among[i].other_words)))
            return &among[i];
    return NULL;
}

/* What libpq puts in front says what is said already; it may be all there is. */
static const char *bare(const char *text)
{
    static const char before[] = " failed:";
    const char *found = strstr(text, "connection to server at ");
    found = found ? strstr(found, before) : NULL;
    return found ? found + strlen(before) + strspn(found + strlen(before), " ") : text;
}

static void put_end(const Reason *reason, const LinkAttempt *attempt, BpBuf *out)
{
    char now[BP_TIME_TEXT_MAX];
    if (reason->end == WITH_CLOCK)
        bp_buf_printf(out, ", which is %s by this machine's clock", bp_time_format(attempt->now_us, 0, now));
    if (reason->end == WITH_FILE)
        bp_buf_printf(out,
                      ": have a new join file made by `bacpipes site add %s` at central, and join by it "
                      "(`bacpipes site join`)",
                      attempt->site_id);
}

BpStatus link_explain(const LinkAttempt *attempt, const BpError *why, BpError *err)
{
    char end[BP_ERROR_TEXT_MAX];
    BpBuf out = bp_buf(end, sizeof end);
    const char *words = bare(why->text);
    const Reason *reason =
        attempt->is_joining ? find(of_joining, sizeof of_joining / sizeof of_joining[0], why->text) : NULL;
    if (!reason)
        reason = find(reasons, sizeof reasons / sizeof reasons[0], why->text);
    if (!reason)
        return bp_fail(err, BP_UNAVAILABLE, "central at %s port %d does not let us in: %s", attempt->host,
                       (int)attempt->port, words);
    put_end(reason, attempt, &out);
    return bp_fail(err, reason->status, "central at %s port %d: %s%.*s%s%s%s", attempt->host,
                   (int)attempt->port, reason->meaning, BP_STR_ARGS(bp_buf_text(&out)), *words ? " (" : "",
                   words, *words ? ")" : "");
}
