#include "config/hosts.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
#include <string.h>

enum { LABEL_MAX = 63, NAME_MAX_LETTERS = 253 };

bool cfg_is_ipv4(const char *text)
{
    struct in_addr ip;
    return inet_pton(AF_INET, text, &ip) == 1;
}

/* RFC 1123, 2.1; no browser takes one that is all digits and dots, and no address. */
static bool is_host_name(const char *name)
{
    size_t label = 0;
    bool has_letter = false;
    for (const char *c = name; *c; c++) {
        if (*c == '.') {
            if (label == 0 || c[-1] == '-')
                return false;
            label = 0;
            continue;
        }
        if (!(islower((unsigned char)*c) || isdigit((unsigned char)*c) || (*c == '-' && label)))
            return false;
        has_letter = has_letter || islower((unsigned char)*c);
        if (++label > LABEL_MAX)
            return false;
    }
    return has_letter && label && name[strlen(name) - 1] != '-' && strlen(name) <= NAME_MAX_LETTERS;
}

void cfg_hosts_add(CfgHosts *hosts, const char *host)
{
    for (size_t i = 0; i < hosts->count; i++)
        if (strcmp(hosts->items[i], host) == 0)
            return;
    if (hosts->count + 1 < sizeof hosts->items / sizeof hosts->items[0])
        hosts->items[hosts->count++] = host;
}

BpStatus cfg_hosts_read(const char *setting, const char *value, BpArena *arena, CfgHosts *hosts, BpError *err)
{
    for (BpStr left = bp_str(value); left.size;) {
        const BpStr word = bp_str_cut(left, ' ', &left);
        if (word.size == 0)
            continue;
        char *name = bp_arena_text(arena, word);
        for (char *c = name; *c; c++)
            *c = (char)tolower((unsigned char)*c);
        if (!cfg_is_ipv4(name) && !is_host_name(name))
            return bp_fail(err, BP_INVALID,
                           "%s: \"%s\" is no name of a host, such as bms.example.org, and no address",
                           setting, name);
        if (hosts->count >= CFG_HOSTS_MAX)
            return bp_fail(err, BP_INVALID, "%s: more than %d names", setting, CFG_HOSTS_MAX);
        cfg_hosts_add(hosts, name);
    }
    return BP_OK;
}

bool cfg_is_loopback(const char *host)
{
    return strcmp(host, "localhost") == 0 || (cfg_is_ipv4(host) && strncmp(host, "127.", 4) == 0);
}
