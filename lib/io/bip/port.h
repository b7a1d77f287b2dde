/* Who holds a UDP port: for the message to whoever finds it taken. */
#ifndef IO_BIP_PORT_H
#define IO_BIP_PORT_H

#include "base/error.h"

/* The process that holds the UDP port, another one if there is one. False: nobody, or somebody whom /proc
 * does not show to us. */
bool bip_port_holder(uint16_t port, char ret_pid[16], char ret_name[64]);

/* Adds to the sentence in `err` which process holds the UDP port, as far as /proc shows it to us, or how to
 * find out. */
void bip_port_explain(uint16_t port, BpError *err);

#endif
