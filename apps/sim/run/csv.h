/* Rows of what points say, as CSV (RFC 4180, lines ended by LF): "time" in UTC and a column for each point,
 * by its name. Values are what its device would say: states are numbers, as on the wire, and what is no
 * number is nan. */
#ifndef SIM_CSV_H
#define SIM_CSV_H

#include "apps/sim/run/columns.h"

typedef struct SimCsv SimCsv;

/* Writes to the file, anew, or to standard output where `path` is NULL; the columns stay the caller's.
 * NULL: it cannot be written, and `err` says why. */
SimCsv *sim_csv_new(const char *path, const SimColumns *columns, BpError *err);

/* What stands in memory is lost: sim_csv_end writes it. */
void sim_csv_free(SimCsv *csv);

/* Adds a row, and sim_csv_end all that is not yet written. BP_UNAVAILABLE: the disk is full, nobody reads any
 * more; a file ends with its last whole row then, and the sentence says how many there are. */
BpStatus sim_csv_row(SimCsv *csv, int64_t at_us, BpError *err) BP_CHECKED;
BpStatus sim_csv_end(SimCsv *csv, BpError *err) BP_CHECKED;

/* Rows that are written whole. */
uint64_t sim_csv_rows(const SimCsv *csv);

#endif
