/* A wall clock that is wrong, for one program alone: LD_PRELOAD=libclock_shim.so CLOCK_SHIM=FILE program,
 * where the file holds by how many seconds. It may change at any time. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static time_t seconds_ahead(void)
{
    char text[32] = "";
    const char *path = getenv("CLOCK_SHIM");
    const int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0)
        return 0;
    if (read(file, text, sizeof text - 1) < 0)
        text[0] = '\0';
    close(file);
    return strtol(text, NULL, 10);
}

/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name): time.h has reserved ones */
int clock_gettime(clockid_t clock, struct timespec *ret_time)
{
    const int result = (int)syscall(SYS_clock_gettime, clock, ret_time);
    if (result == 0 && clock == CLOCK_REALTIME)
        ret_time->tv_sec += seconds_ahead();
    return result;
}

/* As OpenSSL asks, when it looks at certificates.
 * NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name): time.h has reserved ones */
time_t time(time_t *ret_time)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (ret_time)
        *ret_time = now.tv_sec;
    return now.tv_sec;
}

/* PostgreSQL asks by this one. NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name) */
int gettimeofday(struct timeval *ret_time, void *zone)
{
    struct timespec now;
    (void)zone;
    const int result = clock_gettime(CLOCK_REALTIME, &now);
    if (result == 0)
        *ret_time = (struct timeval){.tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / 1000};
    return result;
}
