#include "apps/web/call/person.h"

Role person_role(const Person *person, const char *site)
{
    for (size_t i = 0; site && i < person->grant_count; i++)
        if (strcmp(person->grants[i].site, site) == 0)
            return person->grants[i].role;
    return site ? ROLE_NONE : person->everywhere;
}

bool person_may(const Person *person, const char *site, Right right)
{
    return person_role(person, site) >= right_rows[right].role;
}

bool person_may_somewhere(const Person *person, Right right)
{
    bool may = person_may(person, NULL, right);
    for (size_t i = 0; !may && i < person->grant_count; i++)
        may = person->grants[i].role >= right_rows[right].role;
    return may;
}

static const char *copy_text(const char *text, BpArena *arena)
{
    return text ? bp_arena_text(arena, bp_str(text)) : NULL;
}

Person *person_copy(const Person *person, BpArena *arena)
{
    Person *copy = bp_arena_take(arena, sizeof *copy);
    PersonGrant *grants = bp_arena_take(arena, (person->grant_count + 1) * sizeof *grants);
    *copy = *person;
    copy->name = copy_text(person->name, arena);
    copy->display_name = copy_text(person->display_name, arena);
    copy->token = copy_text(person->token, arena);
    copy->session = copy_text(person->session, arena);
    copy->credential = copy_text(person->credential, arena);
    copy->csrf = copy_text(person->csrf, arena);
    copy->must = copy_text(person->must, arena);
    for (size_t i = 0; i < person->grant_count; i++)
        grants[i] = (PersonGrant){copy_text(person->grants[i].site, arena), person->grants[i].role};
    copy->grants = grants;
    return copy;
}
