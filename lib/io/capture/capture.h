/* Recording what crosses an interface into a pcap file, for Wireshark and tshark. The only includer of
 * pcap/pcap.h. */
#ifndef IO_CAPTURE_H
#define IO_CAPTURE_H

#include "io/loop/loop.h"

typedef struct Capture Capture;

/* Begins to record datagrams that the filter (pcap-filter(7), as "udp port 47808") lets through, on one
 * interface, or on all where `interface` is NULL. A file that is there is written over. BP_REFUSED: only
 * root, or who has CAP_NET_RAW, may; BP_UNAVAILABLE: the file or the interface cannot be opened. */
Capture *capture_new(Loop *loop, const char *interface, const char *filter, const char *file,
                     BpError *err) BP_CHECKED;

/* Writes what is left and closes the file; returns how many datagrams are in it. BP_FULL comes back in
 * ret_status (or NULL) where the file could not be written whole. */
uint64_t capture_free(Capture *capture, BpStatus *ret_status);

#endif
