#include "io/capture/capture.h"

#include "base/time.h"

#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>

enum { OCTETS_MAX = 2048, BUFFER_SIZE = 4 * 1024 * 1024 };

struct Capture {
    pcap_t *pcap;
    pcap_dumper_t *file;
    LoopPoll *poll;
    uint64_t count;
};

static void keep(u_char *owner, const struct pcap_pkthdr *header, const u_char *octets)
{
    Capture *capture = (Capture *)owner;
    pcap_dump((u_char *)capture->file, header, octets);
    capture->count++;
}

static void on_ready(void *owner, int events)
{
    Capture *capture = owner;
    (void)events;
    (void)pcap_dispatch(capture->pcap, -1, keep, owner); /* -1: what is there */
}

static BpStatus activate(pcap_t *pcap, const char *interface, BpError *err)
{
    pcap_set_snaplen(pcap, OCTETS_MAX);
    pcap_set_promisc(pcap, 0);
    pcap_set_immediate_mode(pcap, 1);
    pcap_set_buffer_size(pcap, BUFFER_SIZE);
    const int code = pcap_activate(pcap);
    if (code == PCAP_ERROR_PERM_DENIED)
        return bp_fail(err, BP_REFUSED, "recording on %s wants root, or a program with CAP_NET_RAW",
                       interface);
    if (code < 0)
        return bp_fail(err, BP_UNAVAILABLE, "recording on %s: %s", interface, pcap_geterr(pcap));
    return BP_OK;
}

static BpStatus filter_by(pcap_t *pcap, const char *filter, BpError *err)
{
    struct bpf_program program;
    char why[PCAP_ERRBUF_SIZE];
    if (pcap_compile(pcap, &program, filter, 1, PCAP_NETMASK_UNKNOWN) < 0)
        return bp_fail(err, BP_INVALID, "filter \"%s\": %s", filter, pcap_geterr(pcap));
    const int code = pcap_setfilter(pcap, &program);
    pcap_freecode(&program);
    if (code < 0 || pcap_setnonblock(pcap, 1, why) < 0)
        return bp_fail(err, BP_UNAVAILABLE, "filter \"%s\": %s", filter, pcap_geterr(pcap));
    return BP_OK;
}

Capture *capture_new(Loop *loop, const char *interface, const char *filter, const char *file, BpError *err)
{
    char why[PCAP_ERRBUF_SIZE];
    BpError wrong = {0};
    Capture *capture = calloc(1, sizeof *capture);
    if (!capture)
        abort();
    const char *name = interface ? interface : "any";
    capture->pcap = pcap_create(name, why);
    if (!capture->pcap)
        bp_fail(&wrong, BP_UNAVAILABLE, "recording on %s: %s", name, why);
    else if (activate(capture->pcap, name, &wrong) == BP_OK &&
             filter_by(capture->pcap, filter, &wrong) == BP_OK) {
        capture->file = pcap_dump_open(capture->pcap, file);
        if (!capture->file)
            bp_fail(&wrong, BP_UNAVAILABLE, "%s", pcap_geterr(capture->pcap));
    }
    if (!capture->file) {
        if (err)
            *err = wrong;
        (void)capture_free(capture, NULL);
        return NULL;
    }
    capture->poll = loop_poll_new(loop, pcap_get_selectable_fd(capture->pcap), on_ready, capture);
    loop_poll_set(capture->poll, LOOP_READABLE);
    return capture;
}

uint64_t capture_free(Capture *capture, BpStatus *ret_status)
{
    bool is_whole = true;
    if (!capture)
        return 0;
    if (capture->poll) {
        on_ready(capture, LOOP_READABLE);
        loop_poll_free(capture->poll);
    }
    if (capture->file) {
        is_whole = pcap_dump_flush(capture->file) == 0 && !ferror(pcap_dump_file(capture->file));
        pcap_dump_close(capture->file);
    }
    if (capture->pcap)
        pcap_close(capture->pcap);
    if (ret_status)
        *ret_status = is_whole ? BP_OK : BP_FULL;
    const uint64_t count = capture->count;
    free(capture);
    return count;
}
