/* What ingest announces as stored, as the collector takes it: refused with a reason, or written and read back
 * the same. */
#include "model/batch.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    MdlRun session, session_again;
    MdlPosition positions[MDL_POSITIONS_MAX], again[MDL_POSITIONS_MAX];
    size_t count, count_again;
    BpError err;
    if (mdl_stored_decode((BpStr){(const char *)data, size}, &session, positions, &count, &err) != BP_OK) {
        assert(*err.text);
        return 0;
    }
    char memory[4096];
    BpBuf out = bp_buf(memory, sizeof memory);
    mdl_stored_encode(&out, &session, positions, count);
    assert(!out.failed);
    const BpStatus status = mdl_stored_decode(bp_buf_text(&out), &session_again, again, &count_again, &err);
    assert(status == BP_OK && count_again == count && strcmp(session_again.text, session.text) == 0);
    for (size_t i = 0; i < count; i++)
        assert(strcmp(again[i].run.text, positions[i].run.text) == 0 && positions[i].stored >= 0 &&
               again[i].stored == positions[i].stored && again[i].skipped == positions[i].skipped);
    return 0;
}
