/* Names and IPv4 addresses by which others reach us, as a setting has them: blanks between them. */
#ifndef CONFIG_HOSTS_H
#define CONFIG_HOSTS_H

#include "base/arena.h"
#include "base/error.h"

enum { CFG_HOSTS_MAX = 60 };

typedef struct CfgHosts {
    const char *items[CFG_HOSTS_MAX + 4]; /* in small letters, closed by NULL; the first is the one to show */
    size_t count;
} CfgHosts;

/* Adds those in the value of the setting of that name; texts are in `arena`. BP_INVALID: one is neither, or
 * there are too many. */
BpStatus cfg_hosts_read(const char *setting, const char *value, BpArena *arena, CfgHosts *hosts,
                        BpError *err) BP_CHECKED;

/* Adds one more, borrowed, where it is not there yet and there is room. */
void cfg_hosts_add(CfgHosts *hosts, const char *host);

bool cfg_is_ipv4(const char *text);

/* No other machine reaches us by it. */
bool cfg_is_loopback(const char *host);

#endif
