/* What each role gives to bacpipes.c: a main of its own, argv[0] being its name. Exit codes are those of
 * sysexits.h. */
#ifndef APPS_ROLES_H
#define APPS_ROLES_H

#define ROLE(name, run, summary) int run(int argc, char **argv);
#include "apps/roles.def"
#undef ROLE

#endif
