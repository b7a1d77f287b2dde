/* A bad line between two network namespaces, for tests: packets between two TUN interfaces are delayed, lost,
 * reordered, doubled, limited in rate or cut off, and all of them are counted, so that TCP itself meets what
 * 4G does.
 *
 *   wire SEED NAME PID_A ADDRESS_A PID_B ADDRESS_B
 *       makes interface NAME in the namespaces of two processes, with these IPv4 addresses, and carries
 * packets until standard input ends. Says "ready", then obeys lines, of one or more words: delay MS, jitter
 * MS       each packet's time under way, both directions loss PERCENT, copy PERCENT reorder PERCENT of
 * packets that take up to 3 delays (and 20 ms) more rate KBIT                 a second; 0: any. More than 2 s
 * of it are not kept: what comes then is lost cut, mend                 nothing passes, and nobody is told
 *         count FILE                writes "octets_ab N", "packets_ab N", "octets_ba N", "packets_ba N": IP
 *                                   packets handed over, headers and all; lost ones are not among them */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PACKET_MAX = 2048, PACKETS_MAX = 16384, LATE_US = 20000, KEPT_US = 2000000 };

typedef struct Packet {
    int64_t due_us;
    uint64_t number; /* what is due at once goes in the order in which it came */
    int to;
    size_t size;
    uint8_t octets[PACKET_MAX];
} Packet;

typedef struct Way {
    int64_t free_us; /* the last packet's last bit is out then */
    uint64_t octets, packets;
} Way;

static Packet *heap[PACKETS_MAX];
static size_t heap_count;
static uint64_t packet_number, random_state;
static int ends[2];
static Way ways[2];
static double delay_ms, jitter_ms, loss, copies, reordered, rate_kbit;
static bool is_cut;

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* 0 up to 1; xorshift64*. */
static double chance(void)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return (double)((random_state * 2685821657736338717u) >> 11) / 9007199254740992.0;
}

/* ---- the interfaces ---- */

static void enter(const char *pid)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%s/ns/net", pid);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || setns(fd, CLONE_NEWNET) != 0)
        die(path);
    close(fd);
}

static void set_address(int fd, struct ifreq *request, unsigned long what, const char *address)
{
    struct sockaddr_in in = {.sin_family = AF_INET};
    if (inet_pton(AF_INET, address, &in.sin_addr) != 1)
        die(address);
    memcpy(&request->ifr_addr, &in, sizeof in);
    if (ioctl(fd, what, request) != 0)
        die("address of the interface");
}

static int make_end(const char *pid, const char *name, const char *own, const char *other)
{
    enter(pid);
    struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
    const int tun = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
    if (tun < 0 || ioctl(tun, TUNSETIFF, &request) != 0)
        die("/dev/net/tun");
    const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    set_address(fd, &request, SIOCSIFADDR, own);
    set_address(fd, &request, SIOCSIFDSTADDR, other);
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    if (ioctl(fd, SIOCSIFFLAGS, &request) != 0)
        die("interface up");
    close(fd);
    return tun;
}

/* ---- packets under way ---- */

static bool is_before(const Packet *a, const Packet *b)
{
    return a->due_us != b->due_us ? a->due_us < b->due_us : a->number < b->number;
}

static void put(Packet *packet)
{
    size_t i = heap_count++;
    for (; i > 0 && is_before(packet, heap[(i - 1) / 2]); i = (i - 1) / 2)
        heap[i] = heap[(i - 1) / 2];
    heap[i] = packet;
}

static Packet *take_first(void)
{
    Packet *first = heap[0], *last = heap[--heap_count];
    size_t i = 0;
    for (size_t child; (child = 2 * i + 1) < heap_count; i = child) {
        if (child + 1 < heap_count && is_before(heap[child + 1], heap[child]))
            child++;
        if (!is_before(heap[child], last))
            break;
        heap[i] = heap[child];
    }
    heap[i] = last;
    return first;
}

static void send_off(int to, const uint8_t *octets, size_t size)
{
    const int64_t now = now_us();
    Way *way = &ways[to];
    if (is_cut || chance() * 100 < loss || heap_count == PACKETS_MAX)
        return;
    int64_t due_us = now + (int64_t)((delay_ms + (jitter_ms * chance())) * 1000);
    if (rate_kbit > 0) {
        if (way->free_us > now + KEPT_US)
            return;
        way->free_us = (way->free_us > now ? way->free_us : now) + (int64_t)((double)size * 8000 / rate_kbit);
        due_us += way->free_us - now;
    }
    if (chance() * 100 < reordered)
        due_us += (int64_t)(chance() * (3 * delay_ms * 1000 + LATE_US));
    Packet *packet = malloc(sizeof *packet);
    if (!packet)
        die("memory");
    packet->due_us = due_us;
    packet->number = packet_number++;
    packet->to = to;
    packet->size = size;
    memcpy(packet->octets, octets, size);
    put(packet);
}

static void take_packets(int from)
{
    uint8_t octets[PACKET_MAX];
    for (ssize_t size; (size = read(ends[from], octets, sizeof octets)) > 0;) {
        send_off(!from, octets, (size_t)size);
        if (chance() * 100 < copies)
            send_off(!from, octets, (size_t)size);
    }
}

static void hand_over_due(void)
{
    while (heap_count && heap[0]->due_us <= now_us()) {
        Packet *packet = take_first();
        if (!is_cut && write(ends[packet->to], packet->octets, packet->size) >= 0) {
            ways[packet->to].octets += packet->size;
            ways[packet->to].packets++;
        }
        free(packet);
    }
}

/* ---- what it is told ---- */

static void count(const char *path)
{
    char beside[512];
    snprintf(beside, sizeof beside, "%s.new", path);
    FILE *file = fopen(beside, "w");
    if (!file)
        die(path);
    fprintf(file, "octets_ab %llu\npackets_ab %llu\noctets_ba %llu\npackets_ba %llu\n",
            (unsigned long long)ways[1].octets, (unsigned long long)ways[1].packets,
            (unsigned long long)ways[0].octets, (unsigned long long)ways[0].packets);
    if (fclose(file) != 0 || rename(beside, path) != 0)
        die(path);
}

static void obey(char *line)
{
    static const struct {
        const char *name;
        double *value;
    } numbers[] = {{"delay", &delay_ms}, {"jitter", &jitter_ms},  {"loss", &loss},
                   {"copy", &copies},    {"reorder", &reordered}, {"rate", &rate_kbit}};
    char *rest = NULL;
    for (char *word = strtok_r(line, " \n", &rest); word; word = strtok_r(NULL, " \n", &rest)) {
        size_t i = 0;
        while (i < sizeof numbers / sizeof numbers[0] && strcmp(word, numbers[i].name) != 0)
            i++;
        const bool cuts = strcmp(word, "cut") == 0, mends = strcmp(word, "mend") == 0;
        char *said = cuts || mends ? NULL : strtok_r(NULL, " \n", &rest);
        if (cuts || mends)
            is_cut = cuts;
        else if (strcmp(word, "count") == 0 && said)
            count(said);
        else if (i < sizeof numbers / sizeof numbers[0] && said)
            *numbers[i].value = strtod(said, NULL);
        else
            fprintf(stderr, "wire: \"%s\" is none of its words\n", word);
    }
}

int main(int argc, char **argv)
{
    if (argc != 7) {
        fprintf(stderr, "wire SEED NAME PID_A ADDRESS_A PID_B ADDRESS_B\n");
        return 64;
    }
    random_state = strtoull(argv[1], NULL, 10) * 2 + 1;
    const int words = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
    ends[0] = make_end(argv[3], argv[2], argv[4], argv[6]);
    ends[1] = make_end(argv[5], argv[2], argv[6], argv[4]);
    FILE *said = fdopen(words, "r");
    setvbuf(said, NULL, _IONBF, 0);
    printf("ready\n");
    fflush(stdout);
    for (;;) {
        struct pollfd all[] = {{words, POLLIN, 0}, {ends[0], POLLIN, 0}, {ends[1], POLLIN, 0}};
        const int64_t left_us = heap_count ? heap[0]->due_us - now_us() : 1000000;
        if (poll(all, 3, left_us <= 0 ? 0 : (int)(left_us / 1000 + 1)) < 0 && errno != EINTR)
            die("poll");
        hand_over_due();
        for (int i = 0; i < 2; i++)
            if (all[i + 1].revents & POLLIN)
                take_packets(i);
        char line[1024];
        if (all[0].revents && !fgets(line, sizeof line, said))
            return 0;
        if (all[0].revents)
            obey(line);
    }
}
