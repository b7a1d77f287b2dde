/* Settings: one table (settings.def), read from a file, the environment and --set into one const struct.
 *
 * A file has lines `name = value`, `#` begins a comment, "..." keeps blanks. The environment has
 * BACPIPES_POLL_INTERVAL for poll.interval. --set beats the environment, which beats the file, which beats
 * the default. */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"

typedef const char *CfgText;
typedef const char *CfgPath;
typedef int64_t CfgInteger;
typedef int64_t CfgDuration; /* microseconds */
typedef int64_t CfgSize;     /* octets */
typedef bool CfgBool;
typedef int CfgLevel; /* BpLogLevel */

typedef enum CfgKind { CFG_TEXT, CFG_PATH, CFG_INTEGER, CFG_DURATION, CFG_SIZE, CFG_BOOL, CFG_LEVEL } CfgKind;
typedef enum CfgScope { CFG_PROCESS, CFG_SITE } CfgScope;

#define CFG_TYPE_TEXT     CfgText
#define CFG_TYPE_PATH     CfgPath
#define CFG_TYPE_INTEGER  CfgInteger
#define CFG_TYPE_DURATION CfgDuration
#define CFG_TYPE_SIZE     CfgSize
#define CFG_TYPE_BOOL     CfgBool
#define CFG_TYPE_LEVEL    CfgLevel

typedef struct Cfg {
#define SETTING(kind, field, name, fallback, min, max, scope, meaning) CFG_TYPE_##kind field;
#include "config/settings.def"
#undef SETTING
} Cfg;

/* What can be wrong is told all at once: each problem is a line "FILE:LINE: what is wrong: what would be
 * right". */
typedef struct CfgSource {
    const char *file; /* NULL: no file */
    bool file_may_be_missing;
    char *const *environment; /* closed by NULL, as environ; NULL: not looked at */
    const char *const *sets;  /* "name=value", closed by NULL; NULL: none */
} CfgSource;

/* Fills `ret_cfg` with texts in `arena`. BP_INVALID: `problems` holds a line for each thing wrong, and
 * ret_cfg is untouched. */
BpStatus cfg_load(const CfgSource *source, BpArena *arena, Cfg *ret_cfg, BpBuf *problems) BP_CHECKED;

/* Sets one setting of scope SITE, as from table setting. BP_NOT_FOUND, BP_INVALID, with a sentence that says
 * what would be right. */
BpStatus cfg_apply(Cfg *cfg, BpArena *arena, BpStr name, BpStr value, BpError *err) BP_CHECKED;

/* ---- the table itself, for --help, docs and `config check` ---- */

typedef struct CfgSetting {
    const char *name, *fallback, *meaning;
    CfgKind kind;
    CfgScope scope;
    int64_t min, max; /* TEXT, PATH: octets; DURATION: seconds; else the value */
    size_t offset;    /* in Cfg */
} CfgSetting;

extern const CfgSetting cfg_settings[];
extern const size_t cfg_setting_count;

/* A setting's value as text that would be read back as the same. */
void cfg_format(const Cfg *cfg, const CfgSetting *setting, BpBuf *out);

#endif
