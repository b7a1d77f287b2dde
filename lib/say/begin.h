/* How a program begins, from its command line to its settings, and how a tool runs from there to its end. */
#ifndef SAY_BEGIN_H
#define SAY_BEGIN_H

#include "config/arguments.h"

/* Reads the command line, prints --help or what is wrong (with --json as JSON, too: say/exit.h), loads the
 * settings into *ret_cfg (unless the command is without them; then ret_cfg may be NULL) and opens the log.
 * Returns SAY_GO_ON, or the exit code to end with: EX_OK after --help, EX_USAGE, EX_CONFIG or what
 * the command has for it. */
enum { SAY_GO_ON = -1 };
int say_begin(const CfgCommand *command, int argc, char **argv, BpArena *arena, CfgArguments *ret_arguments,
              Cfg *ret_cfg) BP_CHECKED;

/* A tool from its command line to its exit code: begins as above, and then `run` says the code. What was
 * taken from the arena is given back behind it. */
typedef int SayRun(const CfgArguments *arguments, const Cfg *cfg, BpArena *arena);
int say_run(const CfgCommand *command, int argc, char **argv, SayRun *run);

#endif
