/* What people do at central by hand, beside running it. */
#ifndef CENTRAL_TOOLS_H
#define CENTRAL_TOOLS_H

int central_aside_main(int argc, char **argv); /* lists what could not be applied */
int central_retry_main(int argc, char **argv); /* has it tried again */

#endif
