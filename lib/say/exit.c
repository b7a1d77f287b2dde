#include "say/exit.h"

#include "say/json.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static bool is_json_wanted;

void say_look_for_json(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        is_json_wanted = is_json_wanted || strcmp(argv[i], "--json") == 0;
}

static void print_json(int code, BpStr text)
{
    say_json_print_line(json_pack("{s:o, s:i}", "error", say_json_text(text), "exit", code));
}

int say_fail_with(int code, const char *command, BpStr text)
{
    fprintf(stderr, "%s%s%.*s\n", command ? command : "", command ? ": " : "", BP_STR_ARGS(text));
    if (is_json_wanted)
        print_json(code, text);
    return code;
}

static int code_of(BpStatus status)
{
    switch (status) {
    case BP_NOT_FOUND:
    case BP_FORBIDDEN:
    case BP_REFUSED: return SAY_NOTHING;
    case BP_INVALID: return EX_USAGE;
    case BP_TIMEOUT:
    case BP_UNAVAILABLE:
    case BP_CONFLICT: return EX_UNAVAILABLE;
    default: return EX_SOFTWARE;
    }
}

int say_fail(const char *command, const BpError *err)
{
    return say_fail_with(code_of(err->status), command, bp_str(err->text));
}

int say_end(const char *command, int code)
{
    errno = 0;
    const bool is_written = fflush(stdout) == 0 && !ferror(stdout);
    if (is_written || code != EX_OK)
        return code;
    /* The reason is lost where an earlier write failed. */
    fprintf(stderr, "%s: not all of the output could be written%s%s\n", command, errno ? ": " : "",
            errno ? bp_errno_text(errno) : "");
    return EX_IOERR;
}
