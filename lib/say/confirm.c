#include "say/confirm.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

BpStatus say_confirm(const char *what, BpError *err)
{
    char answer[16];
    if (!isatty(STDIN_FILENO))
        return bp_fail(err, BP_INVALID, "%s Nobody is here to be asked whether that is meant: say --yes",
                       what);
    fprintf(stderr, "%s Is that meant? [y/N] ", what);
    if (!fgets(answer, sizeof answer, stdin))
        answer[0] = '\0';
    answer[strcspn(answer, "\n")] = '\0';
    return strcasecmp(answer, "y") == 0 || strcasecmp(answer, "yes") == 0
               ? BP_OK
               : bp_fail(err, BP_REFUSED, "it is not meant: nothing was sent");
}
