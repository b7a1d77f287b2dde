/* PostgreSQL's processes that have outlived their parent: while one of them calculates it does not look, and
 * no other server can begin in its folder. */
#include "apps/up/up.h"

#include <dirent.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Each of them works in the data folder of its server. */
static bool works_in(pid_t pid, const char *folder)
{
    char path[64], place[PATH_MAX];
    snprintf(path, sizeof path, "/proc/%d/cwd", (int)pid);
    const ssize_t size = readlink(path, place, sizeof place - 1);
    if (size <= 0)
        return false;
    place[size] = 0;
    return strcmp(place, folder) == 0;
}

static bool is_postgres(pid_t pid)
{
    char path[64], name[32] = "";
    snprintf(path, sizeof path, "/proc/%d/comm", (int)pid);
    FILE *file = fopen(path, "re");
    const bool is_one = file && fgets(name, sizeof name, file) && strcmp(name, "postgres\n") == 0;
    if (file)
        fclose(file);
    return is_one;
}

void up_end_orphans(Up *up)
{
    char folder[PATH_MAX], line[32];
    BpError unused;
    size_t count = 0;
    if (!realpath(up_path(up, "postgresql"), folder) ||
        up_read_line(up_path(up, "postgresql/postmaster.pid"), line, sizeof line, &unused) != BP_OK)
        return; /* it ended as it should */
    const pid_t parent = (pid_t)strtol(line, NULL, 10);
    if (parent > 0 && works_in(parent, folder) && is_postgres(parent))
        return;                  /* it lives, and says so to who starts another */
    DIR *all = opendir("/proc"); /* where there is none, nobody is found */
    for (const struct dirent *entry; all && (entry = readdir(all)) != NULL;) {
        const pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
        if (pid > 1 && works_in(pid, folder) && is_postgres(pid))
            count += kill(pid, SIGKILL) == 0;
    }
    if (all)
        closedir(all);
    if (count)
        up_warn("PostgreSQL was killed, and %zu of its processes had gone on: they are ended", count);
}
