/* Fields of CSV for people, who open it in a spreadsheet: RFC 4180, and nothing that a spreadsheet would
 * carry out. Names of BACnet objects are whatever somebody has written into a device. */
#ifndef WEB_CALL_CSV_H
#define WEB_CALL_CSV_H

#include "base/buf.h"

/* In quotes where it must be, and with ' in front where it begins like a formula. Numbers and times of ours
 * are not for here: they are written as they are. */
void csv_text(BpBuf *out, BpStr text);

#endif
