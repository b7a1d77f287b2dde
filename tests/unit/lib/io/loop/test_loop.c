#include "io/loop/loop.h"

#include "base/time.h"

#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

typedef struct Seen {
    Loop *loop;
    int count;
    int64_t at_us;
    int code;
    char text[256];
    LoopTimer *timer;
    LoopUdp *udp;
} Seen;

static void stop(void *owner)
{
    Seen *seen = owner;
    seen->count++;
    seen->at_us = loop_now_us(seen->loop);
    loop_stop(seen->loop);
}

static void a_timer_is_never_early(void **state)
{
    (void)state;
    Seen seen = {.loop = loop_new()};
    LoopTimer *timer = loop_timer_new(seen.loop, stop, &seen);
    for (int i = 0; i < 5; i++) {
        const int64_t due_us = loop_now_us(seen.loop) + 1500;
        loop_timer_set(timer, due_us);
        loop_run(seen.loop);
        assert_true(seen.at_us >= due_us);
    }
    assert_int_equal(seen.count, 5);
    loop_timer_free(timer);
    loop_free(seen.loop);
}

static void send_again(void *owner, const LoopAddress *from, BpCursor octets)
{
    const Seen *seen = owner;
    (void)octets;
    (void)loop_udp_send(seen->udp, from, bp_str("x"), NULL);
}

/* On a loop that datagrams keep awake, whose clock of milliseconds moves on soon after a timer was set. */
static void a_timer_of_a_busy_loop_is_never_early(void **state)
{
    (void)state;
    Seen seen = {.loop = loop_new()};
    const LoopAddress any_port = {.ip = {127, 0, 0, 1}};
    seen.udp = loop_udp_new(seen.loop, &any_port, false, send_again, &seen, NULL);
    const LoopAddress own = loop_udp_address(seen.udp);
    assert_int_equal(loop_udp_send(seen.udp, &own, bp_str("x"), NULL), BP_OK); /* to itself, for ever */
    LoopTimer *timer = loop_timer_new(seen.loop, stop, &seen);
    for (int i = 0; i < 100; i++) {
        const int64_t due_us = loop_now_us(seen.loop) + 500 + i * 10;
        loop_timer_set(timer, due_us);
        loop_run(seen.loop);
        assert_true(seen.at_us >= due_us);
    }
    loop_udp_free(seen.udp);
    loop_timer_free(timer);
    loop_free(seen.loop);
}

static void free_own_timer(void *owner)
{
    Seen *seen = owner;
    loop_timer_free(seen->timer);
    seen->count++;
}

static void a_timer_may_be_freed_in_its_own_callback(void **state)
{
    (void)state;
    Seen seen = {.loop = loop_new()};
    seen.timer = loop_timer_new(seen.loop, free_own_timer, &seen);
    loop_timer_set(seen.timer, 0);
    loop_run(seen.loop); /* ends because nothing is left */
    assert_int_equal(seen.count, 1);
    loop_free(seen.loop);
}

static void keep_datagram(void *owner, const LoopAddress *from, BpCursor octets)
{
    Seen *seen = owner;
    (void)from;
    seen->count++;
    (void)bp_str_copy((BpStr){(const char *)octets.data, octets.size}, seen->text, sizeof seen->text);
    loop_stop(seen->loop);
}

static void datagrams_arrive_and_a_taken_port_is_a_conflict(void **state)
{
    (void)state;
    Seen seen = {.loop = loop_new()};
    BpError err;
    const LoopAddress any_port = {.ip = {127, 0, 0, 1}};
    LoopUdp *one = loop_udp_new(seen.loop, &any_port, false, keep_datagram, &seen, &err);
    LoopUdp *other = loop_udp_new(seen.loop, &any_port, false, keep_datagram, &seen, &err);
    const LoopAddress address = loop_udp_address(one);
    assert_int_not_equal(address.port, 0);
    assert_int_equal(loop_udp_send(other, &address, bp_str("Who-Is"), &err), BP_OK);
    loop_run(seen.loop);
    assert_string_equal(seen.text, "Who-Is");
    assert_null(loop_udp_new(seen.loop, &address, false, keep_datagram, &seen, &err));
    assert_int_equal(err.status, BP_CONFLICT);
    loop_udp_free(one);
    loop_udp_free(other);
    loop_free(seen.loop);
}

static void free_own_udp(void *owner, const LoopAddress *from, BpCursor octets)
{
    Seen *seen = owner;
    (void)from;
    (void)octets;
    seen->count++;
    loop_udp_free(seen->udp);
    loop_stop(seen->loop);
}

static void a_freed_socket_hands_out_no_more(void **state)
{
    (void)state;
    Seen seen = {.loop = loop_new()};
    const LoopAddress any_port = {.ip = {127, 0, 0, 1}};
    seen.udp = loop_udp_new(seen.loop, &any_port, false, free_own_udp, &seen, NULL);
    LoopUdp *sender = loop_udp_new(seen.loop, &any_port, false, free_own_udp, &seen, NULL);
    const LoopAddress address = loop_udp_address(seen.udp);
    for (int i = 0; i < 3; i++) /* all in one recvmmsg */
        assert_int_equal(loop_udp_send(sender, &address, bp_str("x"), NULL), BP_OK);
    loop_run(seen.loop);
    assert_int_equal(seen.count, 1);
    loop_udp_free(sender);
    loop_free(seen.loop);
}

static void waiting_once_ends_in_time_whatever_the_loops_clock_says(void **state)
{
    (void)state;
    Loop *loop = loop_new();
    const int64_t begin_us = loop_now_us(loop);
    loop_run_once(loop, 0);
    poll(NULL, 0, 5); /* the loop's idea of now is old */
    loop_run_once(loop, BP_MS);
    assert_true(loop_now_us(loop) - begin_us < 10 * BP_SECOND);
    loop_free(loop);
}

static void run_inside(void *owner)
{
    loop_run_once(owner, 0);
}

/* It would hand out events of objects that the callback's caller still works on. */
static void a_loop_that_is_run_from_its_own_callback_ends_the_program(void **state)
{
    (void)state;
    int status = 0;
    const pid_t pid = fork();
    if (pid == 0) {
        signal(SIGABRT, SIG_DFL);
        (void)!freopen("/dev/null", "w", stderr);
        Loop *loop = loop_new();
        loop_timer_set(loop_timer_new(loop, run_inside, loop), 0);
        loop_run(loop);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static void keep_code(void *owner, int code)
{
    Seen *seen = owner;
    seen->code = code;
    loop_stop(seen->loop);
}

static int run_shell(const char *command)
{
    Seen seen = {.loop = loop_new()};
    const char *const arguments[] = {"sh", "-c", command, NULL};
    const LoopProcessOptions options = {.path = "sh", .arguments = arguments, .output = -1};
    LoopProcess *process = loop_process_new(seen.loop, &options, keep_code, &seen, NULL);
    assert_non_null(process);
    loop_run(seen.loop);
    assert_false(loop_process_is_running(process));
    loop_process_free(process);
    loop_free(seen.loop);
    return seen.code;
}

static void a_child_tells_how_it_ended(void **state)
{
    (void)state;
    assert_int_equal(run_shell("exit 7"), 7);
    assert_int_equal(run_shell("kill -9 $$"), -SIGKILL);
}

static void a_child_has_its_own_session_and_group(void **state)
{
    (void)state;
    assert_int_equal(run_shell("kill -TERM -$$; exit 1"), -SIGTERM);
    assert_int_equal(run_shell("read -r line </proc/$$/stat; set -- ${line#*) }; test $4 = $$"), 0);
}

static void a_program_that_is_not_there_is_an_error_now(void **state)
{
    (void)state;
    Loop *loop = loop_new();
    BpError err;
    const char *const arguments[] = {"nothing", NULL};
    const LoopProcessOptions options = {.path = "/nowhere/nothing", .arguments = arguments, .output = -1};
    assert_null(loop_process_new(loop, &options, keep_code, NULL, &err));
    assert_non_null(strstr(err.text, "/nowhere/nothing: No such file"));
    loop_free(loop);
}

static void ignore_code(void *owner, int code)
{
    (void)owner;
    (void)code;
}

/* A child whose death signal is set ends with its parent, even when that is killed outright. */
static void children_die_with_their_parent(void **state)
{
    (void)state;
    int alive[2]; /* its reading end sees the end when the last writer, the grandchild, is gone */
    assert_int_equal(pipe(alive), 0);
    const pid_t parent = fork();
    if (parent == 0) {
        Loop *loop = loop_new();
        const char *const arguments[] = {"sleep", "600", NULL};
        const LoopProcessOptions options = {
            .path = "sleep", .arguments = arguments, .output = alive[1], .death_signal = SIGKILL};
        if (!loop_process_new(loop, &options, ignore_code, NULL, NULL))
            _exit(1);
        close(alive[1]);
        kill(getpid(), SIGKILL);
        _exit(1);
    }
    close(alive[1]);
    int status;
    assert_int_equal(waitpid(parent, &status, 0), parent);
    assert_true(WIFSIGNALED(status));
    char octet;
    assert_int_equal(read(alive[0], &octet, 1), 0);
    close(alive[0]);
}

static void keep_address(void *owner, const char *address, const BpError *err)
{
    Seen *seen = owner;
    seen->count++;
    (void)bp_str_copy(bp_str(address ? address : err->text), seen->text, sizeof seen->text);
    loop_stop(seen->loop);
}

static void names_are_resolved_or_the_reason_is_told(void **state)
{
    (void)state;
    Seen seen = {.loop = loop_new()};
    (void)loop_resolve(seen.loop, "127.0.0.9", keep_address, &seen);
    loop_run(seen.loop);
    assert_string_equal(seen.text, "127.0.0.9");
    (void)loop_resolve(seen.loop, "no-such-host.invalid", keep_address, &seen);
    loop_run(seen.loop);
    assert_non_null(strstr(seen.text, "no-such-host.invalid has no address"));
    loop_resolve_forget(loop_resolve(seen.loop, "127.0.0.9", keep_address, &seen));
    loop_free(seen.loop); /* waits for the forgotten one, which tells nobody */
    assert_int_equal(seen.count, 2);
}

static void signals_to_end_stop_the_loop_however_often_they_come(void **state)
{
    (void)state;
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGTERM, SIGINT};
    Loop *loop = loop_new();
    Seen seen = {.loop = loop};
    loop_stop_on_signals(loop);
    seen.timer = loop_timer_new(loop, stop, &seen); /* something to wait for */
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        loop_timer_set(seen.timer, loop_now_us(loop) + BP_MINUTE);
        kill(getpid(), numbers[i]);
        loop_run(loop);
    }
    assert_int_equal(seen.count, 0);
    kill(getpid(), SIGTERM);
    loop_timer_free(seen.timer);
    loop_free(loop);
    for (size_t i = 0; i < 3; i++) {
        kill(getpid(), numbers[i]); /* too late to kill anybody */
        signal(numbers[i], SIG_DFL);
    }
}

/* As a thread hangs in a connection that nobody takes. It ends when the pipe has nobody to write any more. */
static void hang(void *job)
{
    char octet;
    (void)!read(*(const int *)job, &octet, 1);
}

static void must_not_be_told(void *job)
{
    (void)job;
    abort(); /* its loop is gone */
}

static void work_that_hangs_is_left_behind(void **state)
{
    (void)state;
    enum { MORE_THAN_THREADS = 20 };
    int never[2];
    assert_int_equal(pipe(never), 0);
    static int reading_end; /* the threads' for good */
    reading_end = never[0];
    Loop *loop = loop_new();
    const int64_t begin_us = loop_now_us(loop);
    for (int i = 0; i < MORE_THAN_THREADS; i++)
        loop_work(loop, hang, must_not_be_told, &reading_end);
    loop_run_once(loop, BP_MS);
    loop_free(loop);
    loop = loop_new();
    assert_true(loop_now_us(loop) - begin_us < 10 * BP_SECOND);
    close(never[1]); /* what it comes to afterwards is nobody's matter */
    poll(NULL, 0, 50);
    loop_free(loop);
}

static void add_one(void *job)
{
    __atomic_fetch_add((int *)job, 1, __ATOMIC_SEQ_CST);
}

static void add_ten(void *job)
{
    *(int *)job += 10;
}

static void more_work_than_threads_is_all_done_and_the_loop_runs_until_then(void **state)
{
    (void)state;
    Loop *loop = loop_new();
    int sums[100] = {0};
    for (int i = 0; i < 100; i++)
        loop_work(loop, add_one, add_ten, &sums[i]);
    loop_run(loop);
    for (int i = 0; i < 100; i++)
        assert_int_equal(sums[i], 11);
    loop_free(loop);
}

static void what_is_being_closed_is_closed_by_the_time_that_it_is_told(void **state)
{
    (void)state;
    Seen seen = {.loop = loop_new()};
    loop_timer_free(loop_timer_new(seen.loop, stop, &seen));
    loop_after_closing(seen.loop, 2, stop, &seen);
    loop_run_once(seen.loop, BP_SECOND);
    assert_int_equal(seen.count, 0);
    loop_run_once(seen.loop, BP_SECOND);
    assert_int_equal(seen.count, 0);
    loop_run_once(seen.loop, BP_SECOND);
    assert_int_equal(seen.count, 1);
    loop_after_closing(seen.loop, 1, stop, &seen);
    loop_free(seen.loop); /* at the latest here */
    assert_int_equal(seen.count, 2);
}

typedef struct Reader {
    LoopPoll *poll;
    int descriptor, calls;
    bool has_ended;
} Reader;

/* As libpq does: one read a call, and an error is only found by the next. */
static void read_once(void *owner, int events)
{
    Reader *reader = owner;
    char octet;
    (void)events;
    if (++reader->calls > 1)
        reader->has_ended = read(reader->descriptor, &octet, 1) <= 0;
    loop_poll_set(reader->poll, LOOP_READABLE);
}

static void a_descriptor_whose_other_side_broke_is_watched_to_its_end(void **state)
{
    (void)state;
    int pair[2];
    Loop *loop = loop_new();
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    Reader reader = {.descriptor = pair[0]};
    reader.poll = loop_poll_new(loop, pair[0], read_once, &reader);
    loop_poll_set(reader.poll, LOOP_READABLE);
    assert_int_equal(write(pair[0], "unread", 6), 6);
    close(pair[1]); /* with octets that it has not read: that is an error here, as when a server is killed */
    for (int i = 0; i < 50 && !reader.has_ended; i++)
        loop_run_once(loop, 100 * 1000);
    assert_true(reader.has_ended);
    loop_poll_free(reader.poll);
    close(pair[0]);
    loop_free(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_being_closed_is_closed_by_the_time_that_it_is_told),
        cmocka_unit_test(a_timer_is_never_early),
        cmocka_unit_test(a_timer_of_a_busy_loop_is_never_early),
        cmocka_unit_test(a_timer_may_be_freed_in_its_own_callback),
        cmocka_unit_test(datagrams_arrive_and_a_taken_port_is_a_conflict),
        cmocka_unit_test(a_freed_socket_hands_out_no_more),
        cmocka_unit_test(waiting_once_ends_in_time_whatever_the_loops_clock_says),
        cmocka_unit_test(a_loop_that_is_run_from_its_own_callback_ends_the_program),
        cmocka_unit_test(a_child_tells_how_it_ended),
        cmocka_unit_test(a_child_has_its_own_session_and_group),
        cmocka_unit_test(a_program_that_is_not_there_is_an_error_now),
        cmocka_unit_test(children_die_with_their_parent),
        cmocka_unit_test(names_are_resolved_or_the_reason_is_told),
        cmocka_unit_test(signals_to_end_stop_the_loop_however_often_they_come),
        cmocka_unit_test(work_that_hangs_is_left_behind),
        cmocka_unit_test(more_work_than_threads_is_all_done_and_the_loop_runs_until_then),
        cmocka_unit_test(a_descriptor_whose_other_side_broke_is_watched_to_its_end),
    };
    return cmocka_run_group_tests_name("io loop", tests, NULL, NULL);
}
