/* bacpipes user: who may use the web, and what. */
#ifndef USER_USER_H
#define USER_USER_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "config/config.h"
#include "io/pg/pg.h"
#include "sql/queries.h"

#include <jansson.h>

int user_list(int argc, char **argv);
int user_add(int argc, char **argv);
int user_set(int argc, char **argv);
int user_passwd(int argc, char **argv);
int user_link(int argc, char **argv);
int user_grant(int argc, char **argv);
int user_token(int argc, char **argv);
int user_tokens(int argc, char **argv);
int user_logout(int argc, char **argv);
int user_remove(int argc, char **argv);
int user_rights(int argc, char **argv);

/* What the API tells of the user of that name, to be let go (json_decref). BP_NOT_FOUND: there is none. */
BpStatus user_find(const Cfg *cfg, const char *name, BpArena *arena, json_t **ret_user,
                   BpError *err) BP_CHECKED;

/* "admin, operator at demo", "nothing": what the grants of a user say. */
void user_say_grants(const json_t *grants, BpBuf *out);

/* Fills `err` with that there is no such user, and what helps. */
BpStatus user_is_missing(const char *name, BpError *err) BP_CHECKED;

/* The hash of a new password for the user of that name: of the file, or, where that is NULL, typed twice at
 * the terminal without showing it. BP_INVALID: it is not fit, or nobody is there to type it. */
BpStatus user_read_password(const char *file, const char *name, BpArena *arena, const char **ret_hash,
                            BpError *err) BP_CHECKED;

/* Where people reach the web of these settings: "http://127.0.0.1:8080"; "" where that is no address. In the
 * arena. */
const char *user_web_address(const Cfg *cfg, BpArena *arena);

#endif
