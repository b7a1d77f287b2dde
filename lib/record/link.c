#include "record/link.h"

#include <string.h>

static const char *text_of(const json_t *body, const char *name)
{
    const char *text = json_string_value(json_object_get(body, name));
    return text ? text : "?";
}

static void say_site(const json_t *body, const char *op, const char *who, BpBuf *out)
{
    static const struct {
        const char *op, *did; /* what somebody did to a site */
    } deeds[] = {{"invited", "made a join file of"},
                 {"renamed", "renamed"},
                 {"grouped", "changed the groups of"},
                 {"revoked", "shut out"},
                 {"retired", "retired"}};
    const char *site = text_of(body, "of");
    const json_t *why = json_object_get(body, "why");
    if (strcmp(op, "joined") == 0)
        bp_buf_printf(out, "site %s has joined, by certificate %s", site, text_of(body, "serial"));
    else if (strcmp(op, "renewed") == 0)
        bp_buf_printf(out, "site %s has another certificate: %s", site, text_of(body, "serial"));
    else
        for (size_t i = 0; i < sizeof deeds / sizeof deeds[0]; i++)
            if (strcmp(deeds[i].op, op) == 0)
                bp_buf_printf(out, "%s %s site %s", who, deeds[i].did, site);
    if (strcmp(op, "renamed") == 0)
        bp_buf_printf(out, " to %.200s", text_of(body, "name"));
    if (json_is_string(why))
        bp_buf_printf(out, ": %.200s", json_string_value(why));
}

bool record_say_link(const json_t *body, const char *who, BpBuf *out)
{
    const char *event = text_of(body, "event"), *op = text_of(body, "op");
    const bool is_site = strcmp(event, "site") == 0, is_central = strcmp(event, "central") == 0;
    if (is_site)
        say_site(body, op, who ? who : "somebody", out);
    if (is_central)
        bp_buf_printf(out, "%s had the site join the central at %.253s, port %" JSON_INTEGER_FORMAT,
                      who ? who : "somebody", text_of(body, "host"),
                      json_integer_value(json_object_get(body, "port")));
    return is_site || is_central;
}
