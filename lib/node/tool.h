/* A tool that speaks to devices, from its command line to its exit code. */
#ifndef NODE_TOOL_H
#define NODE_TOOL_H

#include "say/begin.h"

/* As say_run. Where the site runs, what its table setting says stands over file and environment, so that the
 * tool is on the network that the collector is on; what the command line says stands over both. */
int node_run(const CfgCommand *command, int argc, char **argv, SayRun *run);

#endif
