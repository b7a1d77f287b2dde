#include "apps/web/control/control.h"

#include "apps/web/control/parts.h"
#include "apps/web/control/proof.h"

#include <stdlib.h>

Control *control_new(Web *web)
{
    char memory[BP_ERROR_TEXT_MAX];
    BpBuf problems = bp_buf(memory, sizeof memory);
    Control *control = calloc(1, sizeof *control);
    if (!control)
        abort();
    control->web = web;
    if (cfg_load(&(CfgSource){0}, &control->arena, &control->defaults, &problems) != BP_OK)
        abort(); /* a unit test of settings.def has it so */
    return control;
}

void control_free(Control *control)
{
    if (!control)
        return;
    control_proofs_leave(control);
    bp_arena_done(&control->arena);
    free(control);
}
