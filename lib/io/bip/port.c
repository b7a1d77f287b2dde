#include "io/bip/port.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The inode of a socket bound to the port, from the kernel's table of UDP sockets; 0 for none. */
static unsigned long find_inode(uint16_t port)
{
    FILE *table = fopen("/proc/net/udp", "re");
    if (!table)
        return 0;
    char line[512];
    unsigned long found = 0;
    while (!found && fgets(line, sizeof line, table)) {
        unsigned local_port;
        unsigned long inode;
        /* NOLINTNEXTLINE(cert-err34-c): the kernel wrote it, and what does not fit is passed over */
        if (sscanf(line, " %*u: %*8X:%4X %*8X:%*4X %*2X %*X:%*X %*X:%*X %*X %*u %*u %lu", &local_port,
                   &inode) == 2 &&
            local_port == port)
            found = inode;
    }
    fclose(table);
    return found;
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

static bool find_process(unsigned long inode, char ret_pid[16], char ret_name[64])
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
    if (!found)
        return false;
    char path[64];
    snprintf(path, sizeof path, "/proc/%s/comm", ret_pid);
    FILE *name = fopen(path, "re");
    if (!name || !fgets(ret_name, 64, name))
        snprintf(ret_name, 64, "?");
    ret_name[strcspn(ret_name, "\n")] = '\0';
    if (name)
        fclose(name);
    return true;
}

bool bip_port_holder(uint16_t port, char ret_pid[16], char ret_name[64])
{
    const unsigned long inode = find_inode(port);
    return inode && find_process(inode, ret_pid, ret_name);
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
