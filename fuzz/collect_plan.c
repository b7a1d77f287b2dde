/* The plan as it lies on disk, whoever has written there. Its hash is made to fit, for a fuzzer does not find
 * one: so what is read is told from what is not by the rows alone. */
#include "apps/collect/site/plan.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OCTETS_MAX = 1024 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    BpBuf plan = bp_buf_growing(OCTETS_MAX), again = bp_buf_growing(OCTETS_MAX);
    CollectPlan read;
    BpError err = {0};
    collect_plan_encode(&plan, bp_str("plant"), 1, (BpStr){(const char *)data, size}, (BpStr){0});
    if (!plan.failed &&
        collect_plan_decode(bp_cursor(plan.data, plan.size), bp_str("plant"), &read, &err) == BP_OK) {
        pg_rows_encode(&again, read.settings);
        pg_rows_encode(&again, read.known);
        assert(again.size ==
               size); /* octet for octet, but for a column's format, which is text unless it is 1 */
        collect_plan_done(&read);
    } else {
        assert(plan.failed || *err.text);
    }
    bp_buf_done(&plan);
    bp_buf_done(&again);
    return 0;
}
