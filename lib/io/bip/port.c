#include "io/bip/port.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { SOCKETS_TRIED = 1024 }; /* those behind them are left unexplained */

/* The inode of the next socket bound to the port in the kernel's table of UDP sockets; 0: no more. */
static unsigned long next_inode(FILE *table, uint16_t port)
{
    char line[512];
    while (fgets(line, sizeof line, table)) {
        unsigned local_port;
        unsigned long inode;
        /* NOLINTNEXTLINE(cert-err34-c): the kernel wrote it, and what does not fit is passed over */
        if (sscanf(line, " %*u: %*8X:%4X %*8X:%*4X %*2X %*X:%*X %*X:%*X %*X %*u %*u %lu", &local_port,
                   &inode) == 2 &&
            local_port == port)
            return inode;
    }
    return 0;
}

static bool holds(const char *pid, unsigned long inode)
{
    char path[300], wanted[64], link[64];
    snprintf(path, sizeof path, "/proc/%s/fd", pid);
    snprintf(wanted, sizeof wanted, "socket:[%lu]", inode);
    DIR *descriptors = opendir(path);
    if (!descriptors)
        return false; /* another user's process */
    bool found = false;
    for (const struct dirent *entry; !found && (entry = readdir(descriptors)) != NULL;) {
        const ssize_t size = readlinkat(dirfd(descriptors), entry->d_name, link, sizeof link - 1);
        link[size > 0 ? size : 0] = '\0';
        found = strcmp(link, wanted) == 0;
    }
    closedir(descriptors);
    return found;
}

static bool find_process(unsigned long inode, char ret_pid[16])
{
    DIR *processes = opendir("/proc");
    bool found = false;
    for (const struct dirent *entry; processes && !found && (entry = readdir(processes)) != NULL;) {
        if (!isdigit((unsigned char)entry->d_name[0]) || strlen(entry->d_name) > 15 ||
            !holds(entry->d_name, inode))
            continue;
        found = true;
        snprintf(ret_pid, 16, "%.15s", entry->d_name);
    }
    if (processes)
        closedir(processes);
    return found;
}

static void read_name(const char *pid, char ret_name[64])
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%s/comm", pid);
    FILE *name = fopen(path, "re");
    if (!name || !fgets(ret_name, 64, name))
        snprintf(ret_name, 64, "?");
    ret_name[strcspn(ret_name, "\n")] = '\0';
    if (name)
        fclose(name);
}

bool bip_port_holder(uint16_t port, char ret_pid[16], char ret_name[64])
{
    FILE *table = fopen("/proc/net/udp", "re");
    bool is_other = false, is_own = false;
    size_t tried = 0;
    for (unsigned long inode;
         table && !is_other && tried < SOCKETS_TRIED && (inode = next_inode(table, port)) != 0; tried++) {
        /* Who binds many addresses, one after the other, has the port at the first ones. */
        if (holds("self", inode))
            is_own = true;
        else
            is_other = find_process(inode, ret_pid);
    }
    if (table)
        fclose(table);
    if (!is_other && is_own)
        snprintf(ret_pid, 16, "%d", (int)getpid());
    if (is_other || is_own)
        read_name(ret_pid, ret_name);
    return is_other || is_own;
}

void bip_port_explain(uint16_t port, BpError *err)
{
    char pid[16], name[64], before[BP_ERROR_TEXT_MAX];
    memcpy(before, err->text, sizeof before);
    if (bip_port_holder(port, pid, name))
        bp_fail(err, err->status, "%s: process %s (%s) has it", before, pid, name);
    else
        bp_fail(err, err->status, "%s: another user's program has it (ss -lunp shows it to root)", before);
}
