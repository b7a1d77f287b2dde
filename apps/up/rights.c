/* Root's rights are for opening or making the data folder, and are given up for good before anything in it is
 * touched. */
#include "apps/up/rights.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char *const service_users[] = {"bacpipes", "postgres"};
static const char path_of_all[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

BpStatus rights_find_user(uid_t owner, RightsUser *ret_user, BpError *err)
{
    bool is_found = false;
    for (size_t i = 0; i < sizeof service_users / sizeof service_users[0]; i++) {
        const struct passwd *user = getpwnam(service_users[i]);
        if (!user || user->pw_uid == 0 || (is_found && user->pw_uid != owner))
            continue;
        is_found = true;
        *ret_user = (RightsUser){.uid = user->pw_uid, .gid = user->pw_gid, .name = service_users[i]};
        snprintf(ret_user->home, sizeof ret_user->home, "%s", user->pw_dir);
        if (user->pw_uid == owner)
            break;
    }
    if (is_found)
        return BP_OK;
    return bp_fail(err, BP_INVALID,
                   "as root there must be a user bacpipes or postgres for the servers to run as: adduser "
                   "--system --group bacpipes");
}

/* ---- CAP_NET_BIND_SERVICE ---- */

enum { LOW_PORTS = 1U << CAP_NET_BIND_SERVICE };
static bool keeps_low_ports;

static bool get_capabilities(struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3])
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    return syscall(SYS_capget, &header, sets) == 0;
}

static bool set_capabilities(const struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3])
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    return syscall(SYS_capset, &header, sets) == 0;
}

bool rights_keep_low_ports(void)
{
    struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = {0};
    if (!get_capabilities(sets))
        return false;
    keeps_low_ports = sets[0].permitted & LOW_PORTS;
    /* A unit's AmbientCapabilities would be every child's. */
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_LOWER, CAP_NET_BIND_SERVICE, 0, 0);
    sets[0].inheritable &= ~(uint32_t)LOW_PORTS;
    return set_capabilities(sets) && keeps_low_ports;
}

/* Of all capabilities of root this one alone outlives the change of user. */
static bool keep_only_low_ports(void)
{
    const struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = {
        {.permitted = LOW_PORTS, .effective = LOW_PORTS}};
    return set_capabilities(sets) && prctl(PR_SET_KEEPCAPS, 0) == 0;
}

/* ---- users ---- */

bool rights_become(const RightsUser *user)
{
    return setgroups(0, NULL) == 0 && setresgid(user->gid, user->gid, user->gid) == 0 &&
           setresuid(user->uid, user->uid, user->uid) == 0;
}

BpStatus rights_drop(const RightsUser *user, BpError *err)
{
    if (keeps_low_ports)
        prctl(PR_SET_KEEPCAPS, 1);
    if (!rights_become(user) || (keeps_low_ports && !keep_only_low_ports()))
        return bp_fail(err, BP_UNAVAILABLE, "becoming user %s: %s", user->name, bp_errno_text(errno));
    if (setuid(0) == 0 || setgid(0) == 0)
        abort(); /* there was a way back */
    /* The kernel has made us undumpable, and we stay so: nobody of that user's traces us, who may hold root's
     * terminal. Children are dumpable again by exec. */
    setenv("HOME", user->home, 1);
    setenv("USER", user->name, 1);
    setenv("LOGNAME", user->name, 1);
    setenv("PATH", path_of_all, 1);
    unsetenv("XDG_RUNTIME_DIR");
    unsetenv("TMPDIR");
    return BP_OK;
}
