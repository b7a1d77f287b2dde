#include "model/run.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

MdlRun mdl_run(uint64_t random)
{
    MdlRun run;
    snprintf(run.text, sizeof run.text, "%016" PRIx64, random);
    return run;
}

bool mdl_run_parse(const char *text, MdlRun *ret_run)
{
    if (strlen(text) != MDL_RUN_TEXT || strspn(text, "0123456789abcdef") != MDL_RUN_TEXT)
        return false;
    memcpy(ret_run->text, text, sizeof ret_run->text);
    return true;
}
