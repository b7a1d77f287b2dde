/* One thread's loop: timers, datagrams, file descriptors, signals, work on other threads, names, child
 * processes. The only includer of uv.h. Nothing on the loop blocks.
 *
 * Objects are made by _new and given back by _free, which may be called at any time, in their own callback
 * too: the handle is closed first and its memory freed in the close callback. `owner` is given to every
 * callback. */
#ifndef IO_LOOP_H
#define IO_LOOP_H

#include "base/cursor.h"
#include "base/error.h"
#include "base/str.h"

#include <sys/types.h>

typedef struct Loop Loop;

Loop *loop_new(void);

/* Runs the closing callbacks that are due, and what was freed and lingers (mqtt_free), and frees it. All
 * objects on it must have been freed: an assert says so. Work and names that are not there after a second are
 * left behind, so that nothing they hang in holds up an end. */
void loop_free(Loop *loop);

/* Runs until loop_stop, or until nothing is left to wait for. Never from inside one of its callbacks: an
 * assert says so, here and in loop_run_once. */
void loop_run(Loop *loop);
void loop_stop(Loop *loop);

/* Waits for the next events once, at most `timeout_us`, and carries them out: for tools that wait for one
 * answer. */
void loop_run_once(Loop *loop, int64_t timeout_us);

/* Monotonic, precise, not the time at which this round of the loop began. */
int64_t loop_now_us(const Loop *loop);

/* ---- timers: one shot, to be set again ---- */

typedef struct LoopTimer LoopTimer;
LoopTimer *loop_timer_new(Loop *loop, void (*on_due)(void *owner), void *owner);
void loop_timer_set(LoopTimer *timer, int64_t due_at_us); /* monotonic; in the past: as soon as can be */
void loop_timer_clear(LoopTimer *timer);
void loop_timer_free(LoopTimer *timer);

/* ---- datagrams, IPv4 ---- */

typedef struct LoopUdp LoopUdp;
typedef struct LoopAddress {
    uint8_t ip[4];
    uint16_t port; /* host byte order */
} LoopAddress;

/* Bound, with broadcast allowed and a receive buffer of 1 MB or what the system grants. Port 0: any free one.
 * `is_shared`: others who share may bind the same address, and each is given a copy of a broadcast to it.
 * BP_CONFLICT: the port is taken there. */
LoopUdp *loop_udp_new(Loop *loop, const LoopAddress *bind, bool is_shared,
                      void (*on_datagram)(void *owner, const LoopAddress *from, BpCursor octets), void *owner,
                      BpError *err) BP_CHECKED;
LoopAddress loop_udp_address(const LoopUdp *udp);
/* Sends at once; a full socket buffer drops it, as a network would, and is counted. */
BpStatus loop_udp_send(LoopUdp *udp, const LoopAddress *to, BpStr octets, BpError *err) BP_CHECKED;
uint64_t loop_udp_dropped(const LoopUdp *udp);
void loop_udp_free(LoopUdp *udp);

/* ---- descriptors of other libraries, and libraries that bring handles of libuv ---- */

typedef struct LoopPoll LoopPoll;
enum { LOOP_READABLE = 1, LOOP_WRITABLE = 2 };
LoopPoll *loop_poll_new(Loop *loop, int fd, void (*on_ready)(void *owner, int events), void *owner);
void loop_poll_set(LoopPoll *poll, int events); /* 0: none */
void loop_poll_free(LoopPoll *poll);            /* before the descriptor is closed */

/* libuv's own loop, for a library that works on it by itself. */
struct uv_loop_s *loop_uv(Loop *loop);

/* Calls `then` after handles have been closed `rounds` times: with 1, what is being closed now is closed;
 * with 2, also what the callbacks of those close. At the latest in loop_free. */
void loop_after_closing(Loop *loop, int rounds, void (*then)(void *owner), void *owner);

/* ---- signals ---- */

typedef struct LoopSignal LoopSignal;
LoopSignal *loop_signal_new(Loop *loop, int number, void (*on_signal)(void *owner, int number), void *owner);
void loop_signal_free(LoopSignal *signal);

/* INT, TERM and HUP stop the loop, as a terminal, a service manager and a lost connection send them: however
 * often they come and until the loop is freed, so that whoever is putting things away is not killed at it.
 * From then on they are ignored: for programs that end there. A closed pipe is an error of writing, no
 * signal. */
void loop_stop_on_signals(Loop *loop);

/* ---- work on another thread: `work` touches only `job`, `done` is called on the loop ----
 *
 * Eight are done at once, and more wait in their turn. Whoever must see the end of it waits for `done` before
 * loop_free: where that leaves work behind, `done` is not called, and `job` belongs to the thread for good.
 */

void loop_work(Loop *loop, void (*work)(void *job), void (*done)(void *job), void *job);

/* ---- names to addresses, off the loop ---- */

typedef struct LoopResolve LoopResolve;

/* Calls back once: with an address as text ("10.1.2.9", "::1") or with the reason why not. A numeric `host`
 * is answered too. What is returned lives until then, for loop_resolve_forget. */
LoopResolve *loop_resolve(Loop *loop, const char *host,
                          void (*on_resolved)(void *owner, const char *address, const BpError *err),
                          void *owner);

/* The owner is going: the callback will not be called. */
void loop_resolve_forget(LoopResolve *resolve);

/* ---- child processes ---- */

typedef struct LoopProcess LoopProcess;
typedef struct LoopProcessOptions {
    const char
        *path; /* of the program; NULL: this program itself, even where we could not reach its folder */
    const char *const *arguments; /* closed by NULL; [0] is the name */
    char *const *environment;     /* closed by NULL; NULL: ours */
    const char *folder;           /* to run in; NULL: ours */
    int output;                   /* descriptor for standard output and error; -1: ours */
    int death_signal;             /* sent to the child should we die; 0: none */
    /* It may listen at ports below 1024, where we hold CAP_NET_BIND_SERVICE to give; else it tries as it is.
     */
    bool may_bind_low_ports;
    int64_t memory_limit; /* octets of its own that it, and each of its children, may have; 0: no limit */
} LoopProcessOptions;

/* In a session of its own, so that no terminal's signals reach it, and standard input is /dev/null. `on_exit`
 * gets the exit code, or minus the signal's number. */
LoopProcess *loop_process_new(Loop *loop, const LoopProcessOptions *options,
                              void (*on_exit)(void *owner, int code), void *owner, BpError *err) BP_CHECKED;
pid_t loop_process_pid(const LoopProcess *process);
bool loop_process_is_running(const LoopProcess *process);
void loop_process_signal(LoopProcess *process, int number);
void loop_process_free(LoopProcess *process); /* a running child is killed (SIGKILL) and reaped */

#endif
