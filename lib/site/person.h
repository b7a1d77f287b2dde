/* Who sits at this program: what the journal is told beside the tools' account. */
#ifndef SITE_PERSON_H
#define SITE_PERSON_H

#include <sys/types.h>

enum { SITE_PERSON_MAX = 150 };

/* The Unix user that started it, and behind sudo who that was: "alice", "root (sudo by alice)". The user is
 * the kernel's word, who went through sudo is the environment's, and so stands beside it. It is who it was at
 * the first call: call it before becoming somebody else. */
const char *site_person(void);

/* The same of a user and a SUDO_USER (NULL, "": none). Of letters that have no place in a name, '?' stays. */
const char *site_person_format(uid_t uid, const char *sudo_user, char ret_text[SITE_PERSON_MAX]);

#endif
