/* Steering and its record: commands, what stands in priority arrays, jobs, the journal, settings. Everything
 * that changes something is asked of the database for whom the call is (call_change), whose functions look at
 * the right once more. */
#ifndef WEB_CONTROL_CONTROL_H
#define WEB_CONTROL_CONTROL_H

#include "apps/web/call/call.h"

typedef struct Control Control;

/* What needs a memory beyond a call: whoever proves journals. */
Control *control_new(Web *web);
void control_free(Control *control); /* while the pool is there; NULL is fine */

/* ---- operations: command.c, commands.c, slots.c, jobs.c, waiting.c, invite.c, settings.c, audit.c ---- */

void web_ask_command(Call *call);
void web_bacnet_write(Call *call);
void web_list_commands(Call *call);
void web_get_command(Call *call);
void web_cancel_command(Call *call);
void web_get_slots(Call *call);
void web_list_overrides(Call *call);
void web_release_overrides(Call *call);
void web_ask_job(Call *call);
void web_list_jobs(Call *call);
void web_get_job(Call *call);
void web_cancel_job(Call *call);
void web_list_changes(Call *call);
void web_get_change(Call *call);
void web_cancel_change(Call *call);
void web_add_site(Call *call);
void web_invite_site(Call *call);
void web_rename_site(Call *call);
void web_remove_site(Call *call);
void web_list_audit(Call *call);
void web_export_audit(Call *call);
void web_get_audit_proof(Call *call);
void web_list_settings(Call *call);
void web_set_setting(Call *call);
void web_unset_setting(Call *call);

#endif
