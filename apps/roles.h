/* What each role gives to bacpipes.c: a main of its own, argv[0] being its name. Exit codes are those of
 * sysexits.h. */
#ifndef APPS_ROLES_H
#define APPS_ROLES_H

#define ROLE(name, run, summary) int run(int argc, char **argv);
#include "apps/roles.def"
#undef ROLE

/* `write --direct` and `release --direct`: past the site, straight to a device. */
int ask_write_main(int argc, char **argv);
int ask_release_main(int argc, char **argv);

#endif
