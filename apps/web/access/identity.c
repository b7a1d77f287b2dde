#include "apps/web/access/identity.h"

#include "io/secret/secret.h"

#include <stdio.h>
#include <string.h>

const char *identity_csrf(BpStr secret, BpArena *arena)
{
    const BpStr parts[] = {bp_str("bacpipes csrf\n"), secret};
    char digest[SECRET_DIGEST_SIZE];
    return bp_arena_text(arena, bp_str(secret_digest_parts(parts, 2, digest)));
}

static Role role_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    Role role = ROLE_NONE;
    return text && role_read(bp_str(text), &role) ? role : ROLE_NONE;
}

static const char *text_of(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

static bool is_token(const json_t *identity)
{
    const char *kind = text_of(identity, "kind");
    return kind && strcmp(kind, "token") == 0;
}

static Role highest_role(const json_t *identity)
{
    Role highest = role_of(identity, "everywhere");
    size_t i;
    json_t *site;
    json_array_foreach (json_object_get(identity, "sites"), i, site)
        if (role_of(site, "role") > highest)
            highest = role_of(site, "role");
    return highest;
}

const char *identity_must(const json_t *identity, const char *second_factor)
{
    Role least;
    if (!role_read(bp_str(second_factor), &least) || is_token(identity) ||
        json_is_true(json_object_get(identity, "has_totp")))
        return NULL;
    return highest_role(identity) >= least ? "totp" : NULL;
}

static json_t *load(BpStr json)
{
    json_t *identity = json_loadb(json.data, json.size, 0, NULL);
    if (json_is_object(identity) && text_of(identity, "name") && text_of(identity, "kind"))
        return identity;
    json_decref(identity);
    return NULL;
}

static const char *keep(const char *text, BpArena *arena)
{
    return text ? bp_arena_text(arena, bp_str(text)) : NULL;
}

Person *identity_read(BpStr json, const char *credential, const char *csrf, const char *second_factor,
                      BpArena *arena)
{
    json_auto_t *identity = load(json);
    if (!identity)
        return NULL;
    json_t *sites = json_object_get(identity, "sites");
    char id[24];
    snprintf(id, sizeof id, "%lld", (long long)json_integer_value(json_object_get(identity, "id")));
    PersonGrant *grants = bp_arena_take(arena, (json_array_size(sites) + 1) * sizeof *grants);
    Person *person = bp_arena_take(arena, sizeof *person);
    *person = (Person){.user_id = json_integer_value(json_object_get(identity, "user_id")),
                       .name = keep(text_of(identity, "name"), arena),
                       .display_name = keep(text_of(identity, "full_name"), arena),
                       .token = keep(text_of(identity, "token"), arena),
                       .session = keep(id, arena),
                       .credential = keep(credential, arena),
                       .csrf = keep(csrf, arena),
                       .must = identity_must(identity, second_factor),
                       .organisation_id = json_integer_value(json_object_get(identity, "organisation")),
                       .everywhere = role_of(identity, "everywhere"),
                       .grants = grants};
    size_t i;
    json_t *site;
    json_array_foreach (sites, i, site)
        if (text_of(site, "site") && role_of(site, "role") != ROLE_NONE)
            grants[person->grant_count++] =
                (PersonGrant){keep(text_of(site, "site"), arena), role_of(site, "role")};
    return person;
}

/* Rights at a site; to manage users is nobody's who is administrator of some sites alone. */
static json_t *site_json(const json_t *site, Role everywhere)
{
    const Role role = role_of(site, "role");
    json_t *rights = json_array();
    for (size_t i = 0; i < RIGHT_COUNT; i++)
        if (right_rows[i].role <= (i == RIGHT_MANAGE_USERS ? everywhere : role))
            json_array_append_new(rights, json_string(right_rows[i].name));
    return json_pack("{s:s?, s:s, s:o}", "site", text_of(site, "site"), "role", role_name(role), "rights",
                     rights);
}

json_t *identity_session_json(BpStr json, const char *csrf, const char *second_factor)
{
    json_auto_t *identity = load(json);
    if (!identity)
        return NULL;
    const char *must = identity_must(identity, second_factor), *language = text_of(identity, "language");
    json_t *sites = json_array();
    size_t i;
    json_t *site;
    json_array_foreach (json_object_get(identity, "sites"), i, site)
        json_array_append_new(sites, site_json(site, role_of(identity, "everywhere")));
    json_t *session = json_pack(
        "{s:{s:O, s:O, s:O, s:s?, s:O, s:O}, s:o, s:o, s:b, s:O}", "person", "id",
        json_object_get(identity, "user_id"), "name", json_object_get(identity, "name"), "full_name",
        json_object_get(identity, "full_name"), "language", language && *language ? language : NULL, "theme",
        json_object_get(identity, "theme"), "motion", json_object_get(identity, "motion"), "sites", sites,
        "must", must ? json_pack("[s]", must) : json_array(), "is_token", is_token(identity), "expires_at",
        json_object_get(identity, "expires_at"));
    if (csrf)
        json_object_set_new(session, "csrf", json_string(csrf));
    return session;
}
