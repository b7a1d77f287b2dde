/* How a site's link to its central is, and at a central how its sites are. */
#include "apps/status/status.h"
#include "base/time.h"
#include "model/topic.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* `sync` says how it is every 10 s, and a line that is cut now and then is what lines do. */
enum { SAID_LATE_S = 60, CUT_LONG_S = 10 * 60, APPLIED_LATE_S = 60 };

bool status_is_central(const Cfg *cfg)
{
    return cfg->site && strcmp(cfg->site, MDL_SITE_CENTRAL) == 0;
}

static const char *span(double seconds, char ret_text[BP_TIME_TEXT_MAX])
{
    return bp_interval_format((int64_t)(seconds > 0 ? seconds : 0) * BP_SECOND, ret_text);
}

/* What waits for central to have it. */
static const char *backlog(const StatusLink *link, char *ret_text, size_t size)
{
    char octets[32], age[BP_TIME_TEXT_MAX];
    if (link->unsent == 0)
        snprintf(ret_text, size, "it has everything");
    else
        snprintf(ret_text, size, "%s on the way to it, the oldest of %s ago",
                 status_octets(link->unsent_octets, octets), span(link->oldest_s, age));
    return ret_text;
}

void status_judge_link(const StatusFacts *facts, StatusReport *report)
{
    const StatusLink *link = &facts->database.link;
    char where[420], waits[160], age[BP_TIME_TEXT_MAX];
    if (!link->is_joined && *facts->folder.no_join)
        status_put(
            report, "central", STATUS_WARNING,
            "the site was to join one (`bacpipes up --join`), and has not: %s; `bacpipes site join FILE` "
            "joins it by another file",
            facts->folder.no_join);
    if (!link->is_joined)
        return; /* a site needs none */
    const bool has_name = *link->central && strcmp(link->central, link->host) != 0;
    snprintf(where, sizeof where, "%s%s%s, port %d", has_name ? link->central : "", has_name ? ", " : "",
             link->host, (int)link->port);
    backlog(link, waits, sizeof waits);
    if (!*link->state || link->said_s > SAID_LATE_S)
        status_put(report, "central", STATUS_BROKEN,
                   "`bacpipes sync` does not run: `bacpipes up` starts it, and log/sync.log says why it "
                   "ended; %s: %s",
                   where, waits);
    else if (strcmp(link->state, "sending") == 0)
        status_put(report, "central", STATUS_OK, "%s; %s", where, waits);
    else if (strcmp(link->state, "waiting") == 0)
        status_put(report, "central", STATUS_WARNING, "%s has this site wait: %s; %s, and nothing is lost",
                   where, link->why, waits);
    else if (strcmp(link->state, "refused") == 0)
        status_put(report, "central", STATUS_WARNING, "%s refuses this site: %s; %s, and nothing is lost",
                   where, link->why, waits);
    else
        status_put(report, "central", link->since_s > CUT_LONG_S ? STATUS_WARNING : STATUS_OK,
                   "%s is not reached for %s%s%s; %s, and nothing is lost", where, span(link->since_s, age),
                   *link->why ? ": " : "", link->why, waits);
}

static void judge_sites(const StatusFacts *facts, StatusReport *report)
{
    const StatusPortfolio *portfolio = &facts->database.portfolio;
    char one[160] = "";
    if (facts->folder.has_sites)
        snprintf(one, sizeof one, "; one of the demo by itself: bacpipes status --data %.100s/sites/SITE",
                 facts->folder.path);
    if (portfolio->sites == 0)
        status_put(report, "sites", STATUS_OK, "there is none yet: `bacpipes site add NAME` invites one");
    else if (portfolio->silent)
        status_put(report, "sites", STATUS_WARNING,
                   "%" PRId64 " of %" PRId64 " that have joined are not heard of for 5 min: %s%s%s",
                   portfolio->silent, portfolio->joined, portfolio->silent_names,
                   portfolio->silent > 5 ? ", ..." : "", one);
    else if (portfolio->waiting)
        status_put(report, "sites", STATUS_WARNING,
                   "%" PRId64 " of %" PRId64 " that have joined are told to wait: %s%s", portfolio->waiting,
                   portfolio->joined, portfolio->wait_why, one);
    else
        status_put(report, "sites", STATUS_OK,
                   "%" PRId64 ", of which %" PRId64 " have joined, and are heard of%s", portfolio->sites,
                   portfolio->joined, one);
}

void status_judge_portfolio(const StatusFacts *facts, StatusReport *report)
{
    const StatusPortfolio *portfolio = &facts->database.portfolio;
    char age[BP_TIME_TEXT_MAX];
    if (!portfolio->runs)
        status_put(report, "central", STATUS_BROKEN,
                   "`bacpipes central` does not run: `bacpipes up` starts it, and log/central.log says why "
                   "it ended");
    else if (!portfolio->is_reached)
        status_put(report, "central", STATUS_WARNING,
                   "no site reaches it: its PostgreSQL listens on its socket alone, for another program had "
                   "port %" PRId64 "; sites keep what they record. Stop that program (`ss -ltnp` shows it), "
                   "and start central anew",
                   portfolio->port);
    else if (portfolio->unapplied_s > APPLIED_LATE_S)
        status_put(report, "central", STATUS_WARNING, "runs, and is %s behind what came",
                   span(portfolio->unapplied_s, age));
    else if (portfolio->put_aside)
        status_put(report, "central", STATUS_WARNING,
                   "runs; %" PRId64 " entries of sites are put aside: `bacpipes central aside` says why",
                   portfolio->put_aside);
    else
        status_put(report, "central", STATUS_OK,
                   "runs, sites reach it on port %" PRId64 "; what came is applied, and nothing is put aside",
                   portfolio->port);
    judge_sites(facts, report);
}
