/* What the server keeps of a password. */
#ifndef IO_PG_VERIFIER_H
#define IO_PG_VERIFIER_H

#include "base/arena.h"
#include "io/pg/pg.h"

/* "SCRAM-SHA-256$4096:...", with a salt that is drawn, in the arena: the password itself goes nowhere. Of a
 * connection that is there. */
BpStatus pg_password_verifier(const Pg *pg, const char *password, BpArena *arena, const char **ret_verifier,
                              BpError *err) BP_CHECKED;

#endif
