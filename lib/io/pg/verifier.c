#include "io/pg/verifier.h"

#include "io/pg/connection.h"

BpStatus pg_password_verifier(const Pg *pg, const char *password, BpArena *arena, const char **ret_verifier,
                              BpError *err)
{
    /* The user's name is no part of it in this algorithm. */
    char *verifier =
        pg->connection ? PQencryptPasswordConn(pg->connection, password, "", "scram-sha-256") : NULL;
    if (!verifier)
        return bp_fail(err, BP_UNAVAILABLE, "no verifier of the password could be made");
    *ret_verifier = bp_arena_text(arena, bp_str(verifier));
    PQfreemem(verifier);
    return BP_OK;
}
