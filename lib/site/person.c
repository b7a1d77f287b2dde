#include "site/person.h"

#include "base/str.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { NAME_MAX_OCTETS = 64 }; /* Linux has names of 32 */

/* A name is read by people and stands in the journal for a year: no control characters, no half letters. */
static void plain(const char *name, char ret_text[NAME_MAX_OCTETS])
{
    (void)bp_str_copy(bp_str(name), ret_text, NAME_MAX_OCTETS);
    const bool is_text = bp_str_is_utf8(bp_str(ret_text));
    for (unsigned char *c = (unsigned char *)ret_text; *c; c++)
        if (*c < ' ' || *c == 0x7F || (*c > 0x7F && !is_text))
            *c = '?';
}

const char *site_person_format(uid_t uid, const char *sudo_user, char ret_text[SITE_PERSON_MAX])
{
    char number[24], name[NAME_MAX_OCTETS], by[NAME_MAX_OCTETS];
    const struct passwd *user = getpwuid(uid);
    snprintf(number, sizeof number, "uid %u", (unsigned)uid);
    plain(user && user->pw_name[0] ? user->pw_name : number, name);
    plain(sudo_user ? sudo_user : "", by);
    if (*by)
        snprintf(ret_text, SITE_PERSON_MAX, "%s (sudo by %s)", name, by);
    else
        snprintf(ret_text, SITE_PERSON_MAX, "%s", name);
    return ret_text;
}

const char *site_person(void)
{
    static char person[SITE_PERSON_MAX];
    return *person ? person : site_person_format(getuid(), getenv("SUDO_USER"), person);
}
