#include "apps/migrate/settings.h"

#include "config/config.h"

/* As settings.def has them. */
static const char *const kinds[CFG_SETTING_COUNT] = {
#define SETTING(kind, field, name, fallback, min, max, scope, meaning) #kind,
#include "config/settings.def"
#undef SETTING
};

json_t *migrate_settings_json(void)
{
    enum { RANGE_MAX = 256 };
    json_t *settings = json_array();
    for (size_t i = 0; i < CFG_SETTING_COUNT; i++) {
        const CfgSetting *setting = &cfg_settings[i];
        char memory[RANGE_MAX];
        BpBuf range = bp_buf(memory, sizeof memory);
        cfg_format_range(setting, &range);
        const BpStr text = bp_buf_text(&range);
        json_array_append_new(settings,
                              json_pack("{s:s, s:I, s:s, s:s, s:I, s:I, s:s, s:s%, s:s}", "name",
                                        setting->name, "place", (json_int_t)i + 1, "kind", kinds[i], "scope",
                                        setting->scope == CFG_SITE ? "site" : "process", "minimum",
                                        (json_int_t)setting->min, "maximum", (json_int_t)setting->max,
                                        "fallback", setting->fallback, "range", text.data, text.size,
                                        "meaning", setting->meaning));
    }
    return settings;
}
