/* One setting's value: from text, and back. */
#ifndef CONFIG_VALUE_H
#define CONFIG_VALUE_H

#include "config/config.h"

/* Reads `text` (without quotes) into the setting's field of `cfg`; texts are copied into `arena`.
 * BP_INVALID: the sentence says "poll.interval = 15 has no unit: write 15s, 15min or 15h". */
BpStatus cfg_value_parse(const CfgSetting *setting, BpStr text, BpArena *arena, Cfg *cfg,
                         BpError *err) BP_CHECKED;

/* UTF-8 without control characters: fit to be kept, and to be shown on a terminal. */
bool cfg_text_is_plain(BpStr text);

#endif
