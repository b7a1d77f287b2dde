#include "site/owner.h"

#include "site/person.h"

#include <errno.h>
#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

BpStatus site_become_owner(const char *folder, BpError *err)
{
    struct stat status;
    if (geteuid() != 0 || stat(folder, &status) != 0 || status.st_uid == 0)
        return BP_OK;
    (void)site_person(); /* who it was */
    if (setgroups(0, NULL) == 0 && setresgid(status.st_gid, status.st_gid, status.st_gid) == 0 &&
        setresuid(status.st_uid, status.st_uid, status.st_uid) == 0)
        return BP_OK;
    return bp_fail(err, BP_UNAVAILABLE, "becoming the owner of %s: %s", folder, bp_errno_text(errno));
}
