/* A configuration file: whatever it says, it is refused with reasons or written out and read back the same.
 */
#include "config/config.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_all(const Cfg *cfg, BpBuf *out)
{
    for (size_t i = 0; i < CFG_SETTING_COUNT; i++) {
        bp_buf_printf(out, "%s = ", cfg_settings[i].name);
        cfg_format(cfg, &cfg_settings[i], out);
        bp_buf_u8(out, '\n');
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { OUTPUT_MAX = 1024 * 1024 };
    static const char nothing[] = "";
    BpArena arena = {0};
    BpBuf problems = bp_buf_growing(OUTPUT_MAX), once = bp_buf_growing(OUTPUT_MAX);
    BpBuf again = bp_buf_growing(OUTPUT_MAX);
    Cfg cfg;
    CfgSource source = {.file = "fuzz", .file_contents = {size ? (const char *)data : nothing, size}};
    if (cfg_load(&source, &arena, &cfg, &problems) == BP_OK) {
        write_all(&cfg, &once);
        source.file_contents = bp_buf_text(&once);
        const BpStatus status = cfg_load(&source, &arena, &cfg, &problems);
        assert(status == BP_OK);
        write_all(&cfg, &again);
        assert(bp_str_equal(bp_buf_text(&once), bp_buf_text(&again)));
    } else {
        assert(problems.size > 0 && !problems.failed);
    }
    bp_buf_done(&problems);
    bp_buf_done(&once);
    bp_buf_done(&again);
    bp_arena_done(&arena);
    return 0;
}
