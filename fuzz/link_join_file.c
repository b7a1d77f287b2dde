/* A join file, which anybody may have made: refused with a sentence, or what is in it is written and read
 * back as the same. */
#include "link/join_file.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    BpArena arena = {0};
    LinkJoinFile file, again;
    BpError err = {0};
    if (link_join_file_read((BpStr){(const char *)data, size}, &arena, &file, &err) != BP_OK) {
        assert(*err.text);
    } else {
        BpBuf out = bp_buf_growing((size_t)8 * LINK_JOIN_FILE_MAX);
        if (link_join_file_write(&file, &out, &err) == BP_OK) {
            const BpStatus status = link_join_file_read(bp_buf_text(&out), &arena, &again, &err);
            assert(status == BP_OK && strcmp(file.site_id, again.site_id) == 0 &&
                   strcmp(file.key, again.key) == 0 && file.number == again.number &&
                   file.port == again.port);
        }
        bp_buf_done(&out);
    }
    bp_arena_done(&arena);
    return 0;
}
