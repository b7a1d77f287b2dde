/* A disk that takes its time to have written, for one program alone: LD_PRELOAD=libslow_disk.so
 * SLOW_DISK=FILE program, where the file holds for how many milliseconds at least. It may change at any time.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static int64_t least_ns(void)
{
    char text[32] = "";
    const char *path = getenv("SLOW_DISK");
    const int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0)
        return 0;
    if (read(file, text, sizeof text - 1) < 0)
        text[0] = '\0';
    close(file);
    return strtol(text, NULL, 10) * INT64_C(1000000);
}

/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name): unistd.h has reserved ones */
int fdatasync(int file)
{
    const int64_t until_ns = now_ns() + least_ns();
    const int result = (int)syscall(SYS_fdatasync, file);
    const int64_t left_ns = until_ns - now_ns();
    if (left_ns > 0)
        nanosleep(&(struct timespec){.tv_sec = left_ns / 1000000000, .tv_nsec = left_ns % 1000000000}, NULL);
    return result;
}
