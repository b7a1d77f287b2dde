#include "link/ca.h"

#include "base/time.h"
#include "io/tls/issuer.h"
#include "link/link.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TITLE_MAX = 64 };
static const int64_t HALF_LIFE_US = (int64_t)TLS_ISSUER_DAYS / 2 * BP_DAY, HEARD_OF_US = 400 * BP_DAY,
                     AGO_US = BP_DAY, PATIENCE_US = 10 * BP_SECOND, LOOK_US = 20 * 1000;

typedef enum Place { SIGNS, NEXT, PAST, PLACES } Place;
static const char *const names_of[PLACES] = {[SIGNS] = "ca", [NEXT] = "next", [PAST] = "past"};

struct LinkCa {
    char folder[PATH_MAX - 16];
    int lock;
    TlsIssuer *issuers[PLACES]; /* NULL: there is none in that place */
    LinkLedger ledger;
};

static const char *path_of(const LinkCa *ca, Place place, const char *ending, char ret_path[PATH_MAX])
{
    snprintf(ret_path, PATH_MAX, "%s/%s.%s", ca->folder, names_of[place], ending);
    return ret_path;
}

/* ---- one program at a time ---- */

static BpStatus lock(LinkCa *ca, BpError *err)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/lock", ca->folder);
    ca->lock = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (ca->lock < 0)
        return bp_fail(err, BP_UNAVAILABLE, "%s: %s", path, bp_errno_text(errno));
    const int64_t until_us = bp_monotonic_us() + PATIENCE_US;
    while (flock(ca->lock, LOCK_EX | LOCK_NB) != 0) {
        if (bp_monotonic_us() > until_us)
            return bp_fail(err, BP_CONFLICT, "another program works with the authority in %s", ca->folder);
        usleep((useconds_t)LOOK_US);
    }
    return BP_OK;
}

static BpStatus open_folder(LinkCa *ca, bool may_make, BpError *err)
{
    struct stat about;
    if (may_make && mkdir(ca->folder, 0700) != 0 && errno != EEXIST)
        return bp_fail(err, BP_UNAVAILABLE, "%s cannot be made: %s", ca->folder, bp_errno_text(errno));
    if (stat(ca->folder, &about) != 0)
        return bp_fail(err, errno == ENOENT ? BP_NOT_FOUND : BP_UNAVAILABLE,
                       "there is no authority in %s: %s; `bacpipes central init` makes one", ca->folder,
                       bp_errno_text(errno));
    if (about.st_mode & 077)
        return bp_fail(err, BP_INVALID,
                       "%s is open to others (mode %04o): chmod 700 it, if nobody has taken its key",
                       ca->folder, about.st_mode & 07777);
    return lock(ca, err);
}

/* ---- who signs, when ---- */

static BpStatus open_issuer(LinkCa *ca, Place place, BpError *err)
{
    char certificate[PATH_MAX], key[PATH_MAX];
    const BpStatus status = tls_issuer_open(path_of(ca, place, "crt", certificate),
                                            path_of(ca, place, "key", key), &ca->issuers[place], err);
    return status == BP_NOT_FOUND ? BP_OK : status;
}

/* The year tells authorities of one title apart. */
static BpStatus make(LinkCa *ca, Place place, const char *title, int64_t now_us, BpError *err)
{
    char certificate[PATH_MAX], key[PATH_MAX], when[BP_TIME_TEXT_MAX], text[TITLE_MAX + BP_TIME_TEXT_MAX];
    bp_time_format(now_us, 0, when);
    snprintf(text, sizeof text, "%.40s, authority of %.7s", title, when);
    BP_TRY(tls_issuer_make(path_of(ca, place, "crt", certificate), path_of(ca, place, "key", key), text,
                           now_us, err));
    return open_issuer(ca, place, err);
}

/* The key goes first, and what was cut short between the two is seen by mend_move. */
static BpStatus move(LinkCa *ca, Place from, Place to, BpError *err)
{
    static const char *const endings[] = {"key", "crt"};
    char before[PATH_MAX], after[PATH_MAX];
    for (size_t i = 0; i < 2; i++) {
        path_of(ca, from, endings[i], before);
        if (rename(before, path_of(ca, to, endings[i], after)) != 0 && errno != ENOENT)
            return bp_fail(err, BP_UNAVAILABLE, "%s cannot become %s: %s", before, after,
                           bp_errno_text(errno));
    }
    tls_issuer_free(ca->issuers[to]);
    ca->issuers[to] = ca->issuers[from];
    ca->issuers[from] = NULL;
    return BP_OK;
}

/* A key that belongs to the certificate of another place was on its way there. */
static BpStatus mend_move(LinkCa *ca, Place from, Place to, BpError *err)
{
    char certificate[PATH_MAX], key[PATH_MAX], place[PATH_MAX];
    TlsIssuer *moved = NULL;
    path_of(ca, from, "crt", certificate);
    if (access(path_of(ca, from, "key", key), F_OK) == 0 || access(certificate, F_OK) != 0 ||
        tls_issuer_open(certificate, path_of(ca, to, "key", key), &moved, NULL) != BP_OK)
        return BP_OK;
    tls_issuer_free(moved);
    return rename(certificate, path_of(ca, to, "crt", place)) == 0
               ? BP_OK
               : bp_fail(err, BP_UNAVAILABLE, "%s cannot become %s: %s", certificate, place,
                         bp_errno_text(errno));
}

static BpStatus succeed(LinkCa *ca, BpError *err)
{
    BP_TRY(move(ca, SIGNS, PAST, err));
    return move(ca, NEXT, SIGNS, err);
}

static BpStatus advance(LinkCa *ca, const char *title, int64_t now_us, bool may_make, LinkCaStep *ret_step,
                        BpError *err)
{
    *ret_step = LINK_CA_KEPT;
    if (!ca->issuers[SIGNS] && ca->issuers[NEXT]) /* a succession that was cut short */
        BP_TRY(move(ca, NEXT, SIGNS, err));
    if (!ca->issuers[SIGNS]) {
        if (!may_make)
            return bp_fail(err, BP_NOT_FOUND,
                           "there is no authority in %s: `bacpipes central init` makes one", ca->folder);
        *ret_step = LINK_CA_BEGUN;
        return make(ca, SIGNS, title, now_us, err);
    }
    if (!ca->issuers[NEXT] && now_us - tls_issuer_from_us(ca->issuers[SIGNS]) >= HALF_LIFE_US) {
        *ret_step = LINK_CA_NEXT_MADE;
        return make(ca, NEXT, title, now_us, err);
    }
    if (!ca->issuers[NEXT] || now_us - tls_issuer_from_us(ca->issuers[NEXT]) < HEARD_OF_US)
        return BP_OK;
    *ret_step = LINK_CA_SUCCEEDED;
    return succeed(ca, err);
}

static BpStatus begin(LinkCa *ca, const char *title, int64_t now_us, bool may_make, LinkCaStep *ret_step,
                      BpError *err)
{
    BP_TRY(open_folder(ca, may_make, err));
    BP_TRY(mend_move(ca, SIGNS, PAST, err));
    BP_TRY(mend_move(ca, NEXT, SIGNS, err));
    for (Place place = SIGNS; place < PLACES; place++)
        BP_TRY(open_issuer(ca, place, err));
    BP_TRY(link_ledger_open(ca->folder, &ca->ledger, err));
    return advance(ca, title, now_us, may_make, ret_step, err);
}

BpStatus link_ca_open(const char *folder, const char *title, int64_t now_us, bool may_make, LinkCa **ret_ca,
                      LinkCaStep *ret_step, BpError *err)
{
    LinkCa *ca = calloc(1, sizeof *ca);
    if (!ca)
        abort();
    ca->lock = -1;
    snprintf(ca->folder, sizeof ca->folder, "%s", folder);
    const BpStatus status = begin(ca, title, now_us, may_make, ret_step, err);
    if (status != BP_OK)
        link_ca_free(ca);
    else
        *ret_ca = ca;
    return status;
}

void link_ca_free(LinkCa *ca)
{
    if (!ca)
        return;
    for (Place place = SIGNS; place < PLACES; place++)
        tls_issuer_free(ca->issuers[place]);
    link_ledger_done(&ca->ledger);
    if (ca->lock >= 0)
        close(ca->lock);
    free(ca);
}

/* ---- what it is asked for ---- */

void link_ca_authorities(const LinkCa *ca, BpBuf *out)
{
    for (Place place = SIGNS; place < PLACES; place++)
        if (ca->issuers[place])
            tls_issuer_write(ca->issuers[place], out);
}

int64_t link_ca_until_us(const LinkCa *ca)
{
    return tls_issuer_until_us(ca->issuers[SIGNS]);
}

const LinkLedger *link_ca_ledger(const LinkCa *ca)
{
    return &ca->ledger;
}

/* Who looks at lists wants one of each authority. Which of them signed is not told apart: serials are drawn.
 */
void link_ca_revoked(const LinkCa *ca, int64_t now_us, BpBuf *out)
{
    const LinkLedger *ledger = &ca->ledger;
    const char **serials = calloc(ledger->revoked_count + 1, sizeof *serials);
    size_t count = 0;
    if (!serials)
        abort();
    for (size_t i = 0; i < ledger->revoked_count; i++)
        if (ledger->revoked[i].until_us > now_us - AGO_US) /* what has ended is refused for that */
            serials[count++] = ledger->revoked[i].serial;
    for (Place place = SIGNS; place < PLACES; place++)
        if (ca->issuers[place])
            tls_issuer_revoke(ca->issuers[place], serials, count, out);
    free(serials);
}

BpStatus link_ca_sign(LinkCa *ca, const LinkSigning *signing, int64_t now_us, BpBuf *out,
                      LinkSigned *ret_signed, BpError *err)
{
    char name[32], serial[TLS_SERIAL_MAX];
    const char *owner = link_ledger_owner(&ca->ledger, signing->number);
    if (owner && strcmp(owner, signing->site_id) != 0)
        return bp_fail(err, BP_CONFLICT,
                       "number %d was site %s's: central's database has forgotten that, and gives the next",
                       (int)signing->number, owner);
    snprintf(name, sizeof name, "site_%d", (int)signing->number);
    const TlsWish wish = {.common_name = signing->is_join_file ? LINK_JOIN_USER : name,
                          .from_us = now_us - AGO_US,
                          .until_us =
                              now_us + (signing->is_join_file ? LINK_JOIN_DAYS : LINK_SITE_DAYS) * BP_DAY};
    BpBuf made = bp_buf_growing(64 * 1024);
    BpStatus status = tls_issuer_sign(ca->issuers[SIGNS], signing->request, &wish, &made, serial, err);
    const LinkEntry entry = {.serial = serial,
                             .site_id = signing->site_id,
                             .number = signing->number,
                             .until_us = wish.until_us,
                             .is_join_file = signing->is_join_file};
    if (status == BP_OK)
        status = link_ledger_issue(&ca->ledger, &entry, err);
    if (status == BP_OK) {
        bp_buf_str(out, bp_buf_text(&made));
        snprintf(ret_signed->serial, sizeof ret_signed->serial, "%s", serial);
        ret_signed->until_us = wish.until_us;
    }
    bp_buf_done(&made);
    return status;
}

BpStatus link_ca_revoke(LinkCa *ca, int64_t number, int64_t now_us, BpError *err)
{
    return link_ledger_revoke(&ca->ledger, number, now_us, err);
}

BpStatus link_ca_keep_server(LinkCa *ca, const char *path, const char *const *names, int64_t now_us,
                             bool *ret_is_new, BpError *err)
{
    const TlsWish wish = {.common_name = "BacPipes central",
                          .names = names,
                          .from_us = now_us - AGO_US,
                          .until_us = now_us + (LINK_SERVER_DAYS - 1) * BP_DAY};
    return tls_issuer_keep_server(ca->issuers[SIGNS], path, &wish, now_us, LINK_SERVER_LEFT_DAYS * BP_DAY,
                                  ret_is_new, err);
}
