/* bacpipes central init: makes a central of this machine's PostgreSQL. */
#ifndef CENTRAL_INIT_H
#define CENTRAL_INIT_H

int central_init_main(int argc, char **argv);

#endif
