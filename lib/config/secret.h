/* Passwords and tokens: in files of their own, never in settings, tables or logs. */
#ifndef CONFIG_SECRET_H
#define CONFIG_SECRET_H

#include "base/arena.h"
#include "base/error.h"

/* The first line of a file, in `arena`. BP_INVALID: others may read the file (root's may be read by its
 * group), or the line is empty or too long; BP_UNAVAILABLE: it cannot be read. */
BpStatus cfg_secret_read(const char *path, BpArena *arena, const char **ret_secret, BpError *err) BP_CHECKED;

#endif
