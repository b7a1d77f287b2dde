/* How a tool ends: one table of exit codes for all of them, most of them those of sysexits.h.
 *
 *    0  EX_OK           what was asked for is done or shown
 *    1  SAY_NOTHING     nothing was found, or a device understood and said no
 *   64  EX_USAGE        the command line, or a file that it names, is wrong
 *   65  EX_DATAERR      a file that was given is damaged, or something else
 *   69  EX_UNAVAILABLE  somebody is silent or away: a device, the database
 *   70  EX_SOFTWARE     a device's answer is wrong, the database refuses, or worse
 *   74  EX_IOERR        what was to be shown could not be written (say_end)
 *   75  EX_TEMPFAIL     it runs already, or a command was not sent
 *   77  EX_NOPERM       the gate refuses a command, or the site's database does not let it be written
 *   78  EX_CONFIG       a setting is wrong (say_begin)
 *
 * With --json standard output ends with what --help says, or, where that failed, with one line
 * {"error": "SENTENCE", "exit": CODE}. */
#ifndef SAY_EXIT_H
#define SAY_EXIT_H

#include "base/error.h"
#include "base/str.h"

#include <sysexits.h>

enum { SAY_NOTHING = 1 };

/* Says on standard error what went wrong and returns the exit code for it: SAY_NOTHING for BP_NOT_FOUND and
 * BP_REFUSED, EX_USAGE for BP_INVALID, EX_UNAVAILABLE for BP_TIMEOUT, BP_UNAVAILABLE and BP_CONFLICT, else
 * EX_SOFTWARE. */
int say_fail(const char *command, const BpError *err);

/* The same with a code of its own, which is returned. `command` may be NULL: the text, of one line or more,
 * says itself where it comes from. */
int say_fail_with(int code, const char *command, BpStr text);

/* At the very end of a program that shows something: writes out what standard output still holds. Returns
 * `code`, or EX_IOERR, with a sentence on standard error, where all went well but not all of it was written:
 * who asked must not take half a list for the whole. */
int say_end(const char *command, int code);

/* Where --json is among the words, what goes wrong from now on is JSON on standard output, too. Even where
 * the command line is wrong, and it is not known what it wants. */
void say_look_for_json(int argc, char **argv);

/* The codes, for --help: those of a tool that asks devices, and what stands behind the 0 and 1 of one that
 * asks devices, or the database. */
#define SAY_EXIT_CODES "Exit codes: 0 fine; 1 nothing found, or the device refuses;\n" SAY_EXIT_OF_DEVICES
#define SAY_EXIT_OF_DEVICES                                                                                  \
    "64 wrong use; 69 no answer; 70 the device's answer is wrong; 78 a setting is wrong.\n"
#define SAY_EXIT_OF_DATABASE                                                                                 \
    "64 wrong use; 69 the database is away; 70 the database refuses; 78 a setting is wrong.\n"

#endif
