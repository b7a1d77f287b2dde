/* Settings: one table (settings.def), read from a file, the environment and --set into one const struct.
 *
 * A file has lines `name = value`, `#` begins a comment, "..." keeps blanks and `#`, with \" and \\ inside
 * it. The environment has BACPIPES_POLL_INTERVAL for poll.interval; its other BACPIPES_ variables are left
 * alone, unless one is so near to a setting's that it must be a slip. --set beats the environment, which
 * beats the file, which beats the default. */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"

typedef const char *CfgText;
typedef const char *CfgIdentifier; /* a-z 0-9 _ - */
typedef const char *CfgIpv4;       /* four numbers with dots, or empty where the range allows it */
typedef const char *CfgNodes;      /* addresses of BACnet/IP nodes with one blank between them */
typedef const char *CfgAddresses;  /* the same, also of stations behind routers */
typedef const char *CfgPath;
typedef int64_t CfgInteger;
typedef int64_t CfgDuration; /* microseconds */
typedef int64_t CfgSize;     /* octets */
typedef bool CfgBool;
typedef int CfgLevel;           /* BpLogLevel */
typedef const char *CfgChooser; /* all, none or rules */
typedef const char *CfgTagged;  /* none, tagged or all */
typedef const char *CfgEngine;  /* auto, native or timescaledb */
typedef const char *CfgMode;    /* normal, stop or freeze */
typedef const char *CfgRole;    /* nobody, admin, engineer, operator or viewer: the least role */

typedef enum CfgKind {
    CFG_TEXT,
    CFG_IDENTIFIER,
    CFG_IPV4,
    CFG_NODES,
    CFG_ADDRESSES,
    CFG_PATH,
    CFG_INTEGER,
    CFG_DURATION,
    CFG_SIZE,
    CFG_BOOL,
    CFG_LEVEL,
    CFG_CHOOSER,
    CFG_TAGGED,
    CFG_ENGINE,
    CFG_MODE,
    CFG_ROLE
} CfgKind;
typedef enum CfgScope { CFG_PROCESS, CFG_SITE } CfgScope;

#define CFG_TYPE_TEXT       CfgText
#define CFG_TYPE_IDENTIFIER CfgIdentifier
#define CFG_TYPE_IPV4       CfgIpv4
#define CFG_TYPE_NODES      CfgNodes
#define CFG_TYPE_ADDRESSES  CfgAddresses
#define CFG_TYPE_PATH       CfgPath
#define CFG_TYPE_INTEGER    CfgInteger
#define CFG_TYPE_DURATION   CfgDuration
#define CFG_TYPE_SIZE       CfgSize
#define CFG_TYPE_BOOL       CfgBool
#define CFG_TYPE_LEVEL      CfgLevel
#define CFG_TYPE_CHOOSER    CfgChooser
#define CFG_TYPE_TAGGED     CfgTagged
#define CFG_TYPE_ENGINE     CfgEngine
#define CFG_TYPE_MODE       CfgMode
#define CFG_TYPE_ROLE       CfgRole

typedef struct Cfg {
#define SETTING(kind, field, name, fallback, min, max, scope, meaning) CFG_TYPE_##kind field;
#include "config/settings.def"
#undef SETTING
} Cfg;

enum { CFG_FILE_MAX = 1024 * 1024, CFG_PROBLEMS_MAX = 100, CFG_PROBLEM_TEXT_MAX = 512 * 1024 };

/* What is wrong is told all at once: each problem is a line "FILE:LINE: what is wrong: what would be right",
 * with "BACPIPES_POLL_INTERVAL" or "command line" for FILE:LINE where it came from there. After
 * CFG_PROBLEMS_MAX of them the rest is only counted. */
typedef struct CfgSource {
    const char *file; /* NULL: no file */
    bool file_may_be_missing;
    bool file_is_plain;  /* a link, a pipe or a device is a problem: others than we may write to its folder */
    BpStr file_contents; /* where its data is not NULL: the contents of `file`, which is then not opened */
    char *const *environment; /* closed by NULL, as environ; NULL: not looked at */
    const char *const *sets;  /* "name=value", closed by NULL, the last one counts; NULL: none */
    /* Room for CFG_SETTING_COUNT texts, or NULL: filled with where each value came from ("bacpipes.conf:3",
     * "default"), in `arena`. */
    const char **ret_origins;
} CfgSource;

/* Fills `ret_cfg` with texts in `arena`. BP_INVALID: `problems` holds a line for each thing wrong, and
 * ret_cfg is untouched. */
BpStatus cfg_load(const CfgSource *source, BpArena *arena, Cfg *ret_cfg, BpBuf *problems) BP_CHECKED;

/* Writes a line for each variable BACPIPES_... that is no setting's and that cfg_load lets pass, with what
 * may be meant. Variables may be others': some of theirs are known and left out. */
void cfg_odd_variables(char *const *environment, BpBuf *out);

/* Sets one setting of scope SITE, as from table setting. BP_NOT_FOUND, BP_INVALID, with a sentence that says
 * what would be right. */
BpStatus cfg_apply(Cfg *cfg, BpArena *arena, BpStr name, BpStr value, BpError *err) BP_CHECKED;

/* ---- the table itself, for --help, docs and `config check` ---- */

typedef struct CfgSetting {
    const char *name, *fallback, *meaning;
    CfgKind kind;
    CfgScope scope;
    int64_t min, max; /* TEXT, IDENTIFIER, IPV4, PATH: octets; NODES, ADDRESSES: how many; DURATION:
                         seconds; else the value */
    size_t offset;    /* in Cfg */
} CfgSetting;

enum {
#define SETTING(kind, field, name, fallback, min, max, scope, meaning) CFG_INDEX_##field,
#include "config/settings.def"
#undef SETTING
    CFG_SETTING_COUNT
};

extern const CfgSetting cfg_settings[CFG_SETTING_COUNT];

/* The setting called `name`, or NULL. */
const CfgSetting *cfg_find(BpStr name);

/* The setting whose name is so like `name` that it may be meant, or NULL. */
const CfgSetting *cfg_find_nearest(BpStr name);

/* A setting's value as a file has it: read back, it is the same. */
void cfg_format(const Cfg *cfg, const CfgSetting *setting, BpBuf *out);

/* "1 to 65535", "1s to 1d", "1 to 63 octets of a-z 0-9 _ -": what a setting's value may be. */
void cfg_format_range(const CfgSetting *setting, BpBuf *out);

#endif
