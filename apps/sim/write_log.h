/* What devices were asked to write, as datagrams that came: one line of JSON each, written before the device
 * does anything with it, so that whoever counts them from outside misses none and believes nobody. */
#ifndef SIM_WRITE_LOG_H
#define SIM_WRITE_LOG_H

#include "bacnet/wire/datagram.h"

typedef struct SimWriteLog SimWriteLog;

/* Lines are added to a file that is there. BP_UNAVAILABLE: `err` names it and says why. */
SimWriteLog *sim_write_log_new(const char *path, BpError *err) BP_CHECKED;
void sim_write_log_free(SimWriteLog *log);

/* A datagram for the device: one with a WriteProperty is a line, one with a WritePropertyMultiple as many as
 * it has writes, all others none. */
void sim_write_log_take(SimWriteLog *log, uint32_t device, const BacDatagram *datagram);

#endif
