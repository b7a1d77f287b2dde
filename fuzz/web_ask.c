/* Bodies of commands, releases and jobs, as anybody who is logged in may send them. */
#include "apps/web/control/ask_json.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(BpStatus status, json_t *made, const AskProblem *problem)
{
    if (status == BP_OK)
        assert(made);
    else
        assert(!made && *problem->err.text && bp_str_is_utf8(bp_str(problem->err.text)));
    json_decref(made);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_auto_t *body = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
    const char *kind = NULL;
    (void)ask_key_is_one((BpStr){(const char *)data, size});
    (void)ask_id_is_one((BpStr){(const char *)data, size});
    if (!body)
        return 0;
    for (int is_alias = 0; is_alias < 2; is_alias++) {
        json_t *request = NULL;
        AskProblem problem = {0};
        const BpStatus status = ask_command_read(body, is_alias, &request, &problem);
        look(status, request, &problem);
    }
    json_t *requests = NULL, *request = NULL;
    AskProblem problem = {0};
    BpStatus status = ask_releases_read(body, &requests, &problem);
    look(status, requests, &problem);
    status = ask_job_read(body, &kind, &request, &problem);
    look(status, request, &problem);
    return 0;
}
