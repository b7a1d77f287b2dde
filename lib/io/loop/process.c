/* Child processes: forked here and not by libuv, so that this program can start itself even where
 * the user that it has become cannot reach its file (a checkout in /root), and so that children die with us.
 */
#include "io/loop/handle.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct LoopProcess {
    LoopPoll *poll; /* of `watch`, readable when it has ended */
    int watch;      /* a pidfd */
    pid_t pid;
    bool is_running;
    void (*on_exit)(void *owner, int code);
    void *owner;
};

extern char **environ;

/* Ambient: of the capabilities, an exec keeps just these. */
static void give_low_ports(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = {0};
    if (syscall(SYS_capget, &header, sets) != 0)
        return;
    sets[0].inheritable |= 1U << CAP_NET_BIND_SERVICE;
    if (syscall(SYS_capset, &header, sets) == 0)
        prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_BIND_SERVICE, 0, 0);
}

/* Of data that it writes: what it shares with others, as PostgreSQL its buffers, is not counted. */
static int limit_memory(int64_t octets)
{
    const struct rlimit limit = {(rlim_t)octets, (rlim_t)octets};
    return octets && setrlimit(RLIMIT_DATA, &limit) != 0 ? errno : 0;
}

/* In the child, between fork and exec: only calls that are safe after a fork. Ends in exec or returns errno.
 */
static int become(const LoopProcessOptions *options, int program, pid_t parent)
{
    /* Ctrl-C and the end of a terminal are for the parent alone: it knows in which order to stop what. */
    setsid();
    const int nothing = open("/dev/null", O_RDONLY);
    if (nothing < 0 || dup2(nothing, STDIN_FILENO) < 0)
        return errno;
    if (options->output >= 0 &&
        (dup2(options->output, STDOUT_FILENO) < 0 || dup2(options->output, STDERR_FILENO) < 0))
        return errno;
    if (options->folder && chdir(options->folder) != 0)
        return errno;
    /* Should the parent be gone already, the signal would never come. */
    if (options->death_signal && (prctl(PR_SET_PDEATHSIG, options->death_signal) != 0 || getppid() != parent))
        return errno ? errno : ESRCH;
    if (options->may_bind_low_ports)
        give_low_ports();
    if (limit_memory(options->memory_limit) != 0)
        return errno;
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    char *const *environment = options->environment ? options->environment : environ;
    char *const *arguments = (char *const *)(uintptr_t)options->arguments; /* exec only reads them */
    if (options->path)
        execvpe(options->path, arguments, environment);
    else
        syscall(SYS_execveat, program, "", arguments, environment, AT_EMPTY_PATH);
    return errno;
}

/* Forks; the child's failure to exec comes back through a pipe that a successful exec closes. */
static int start(const LoopProcessOptions *options, int program, pid_t *ret_pid)
{
    int report[2];
    if (pipe2(report, O_CLOEXEC) != 0)
        return errno;
    const pid_t parent = getpid();
    const pid_t pid = fork();
    if (pid == 0) {
        const int number = become(options, program, parent);
        if (write(report[1], &number, sizeof number) != sizeof number)
            _exit(126);
        _exit(127);
    }
    int number = pid < 0 ? errno : 0;
    close(report[1]);
    if (pid > 0 && read(report[0], &number, sizeof number) == sizeof number)
        waitpid(pid, NULL, 0);
    close(report[0]);
    *ret_pid = pid;
    return number;
}

static void stop_watching(LoopProcess *process)
{
    loop_poll_free(process->poll);
    process->poll = NULL;
    if (process->watch >= 0)
        close(process->watch);
    process->watch = -1;
}

static void on_ended(void *owner, int events)
{
    LoopProcess *process = owner;
    (void)events;
    int status = 0;
    if (waitpid(process->pid, &status, WNOHANG) != process->pid)
        return;
    process->is_running = false;
    stop_watching(process);
    process->on_exit(process->owner, WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status));
}

LoopProcess *loop_process_new(Loop *loop, const LoopProcessOptions *options,
                              void (*on_exit)(void *owner, int code), void *owner, BpError *err)
{
    const int program = options->path ? -1 : open("/proc/self/exe", O_PATH | O_CLOEXEC);
    pid_t pid = -1;
    const int number = !options->path && program < 0 ? errno : start(options, program, &pid);
    if (program >= 0)
        close(program);
    if (number) {
        bp_fail(err, BP_UNAVAILABLE, "starting %s: %s", options->path ? options->path : options->arguments[0],
                bp_errno_text(number));
        return NULL;
    }
    LoopProcess *process = loop_allocate(sizeof *process);
    *process = (LoopProcess){.pid = pid, .is_running = true, .on_exit = on_exit, .owner = owner};
    process->watch = (int)syscall(SYS_pidfd_open, pid, 0);
    if (process->watch < 0)
        abort(); /* Linux before 5.3 */
    process->poll = loop_poll_new(loop, process->watch, on_ended, process);
    loop_poll_set(process->poll, LOOP_READABLE);
    return process;
}

pid_t loop_process_pid(const LoopProcess *process)
{
    return process->pid;
}

bool loop_process_is_running(const LoopProcess *process)
{
    return process->is_running;
}

void loop_process_signal(LoopProcess *process, int number)
{
    /* Not reaped yet, so the number is still this child's. */
    if (process->is_running)
        kill(process->pid, number);
}

void loop_process_free(LoopProcess *process)
{
    if (!process)
        return;
    if (process->is_running) {
        kill(process->pid, SIGKILL);
        waitpid(process->pid, NULL, 0);
    }
    stop_watching(process);
    free(process);
}
