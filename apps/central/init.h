/* bacpipes central init: makes a central of this machine's PostgreSQL. */
#ifndef CENTRAL_INIT_H
#define CENTRAL_INIT_H

#include "config/config.h"

int central_init_main(int argc, char **argv);

/* BP_REFUSED: the data folder is that of a site, which has joined a central. */
BpStatus central_refuse_site(const Cfg *cfg, BpError *err) BP_CHECKED;

#endif
