/* Commands to holds: what is on disk before a command is written, and what its end means for its slot. */
#include "apps/collect/control/parts.h"

void control_holds_keep(CollectControl *control, ControlCommand *const *commands, size_t count,
                        const ControlPlace *place, uint64_t batch)
{
    (void)commands, (void)count, (void)place;
    control_kept(control, batch, true);
}

void control_holds_ended(CollectControl *control, const ControlCommand *command)
{
    (void)control, (void)command;
}
