/* What ingest wants again, as the collector takes it: refused with a reason, or written and read back the
 * same. */
#include "model/batch.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    MdlRun run, run_again;
    int64_t from, from_again;
    BpError err;
    if (mdl_want_decode((BpStr){(const char *)data, size}, &run, &from, &err) != BP_OK) {
        assert(*err.text);
        return 0;
    }
    char memory[256];
    BpBuf out = bp_buf(memory, sizeof memory);
    mdl_want_encode(&out, &run, from);
    assert(!out.failed && from >= 1);
    const BpStatus status = mdl_want_decode(bp_buf_text(&out), &run_again, &from_again, &err);
    assert(status == BP_OK && from_again == from && strcmp(run_again.text, run.text) == 0);
    return 0;
}
