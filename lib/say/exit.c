#include "say/exit.h"

#include <stdio.h>

int say_fail(const char *command, const BpError *err)
{
    fprintf(stderr, "%s: %s\n", command, err->text);
    switch (err->status) {
    case BP_NOT_FOUND:
    case BP_REFUSED: return SAY_NOTHING;
    case BP_INVALID: return EX_USAGE;
    case BP_TIMEOUT:
    case BP_UNAVAILABLE:
    case BP_CONFLICT: return EX_UNAVAILABLE;
    default: return EX_SOFTWARE;
    }
}
