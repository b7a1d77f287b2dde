/* bacpipes account, in parts: each with argv[0] being its name, and returning its exit code. */
#ifndef ACCOUNT_ACCOUNT_H
#define ACCOUNT_ACCOUNT_H

#include "config/config.h"

int account_list(int argc, char **argv); /* and remove, in list.c */
int account_remove(int argc, char **argv);
int account_add(int argc, char **argv);

/* Where accounts reach the broker, as a sentence in the arena; what to do where they reach it nowhere yet. */
const char *account_door(const Cfg *cfg, BpArena *arena);

/* As the data folder's owner, finds the folder of accounts. BP_NOT_FOUND: no `bacpipes up` has made a site
 * there. */
BpStatus account_open_folder(const char *data_folder, BpArena *arena, const char **ret_folder,
                             BpError *err) BP_CHECKED;

#endif
