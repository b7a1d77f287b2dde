/* Points, devices and what they consist of as JSON, by hand: a page has 1,000 of them (15 times as fast as by
 * way of jansson). Shapes: schemas of openapi.yaml. */
#ifndef WEB_POINTS_POINT_JSON_H
#define WEB_POINTS_POINT_JSON_H

#include "apps/web/points/store.h"

#include "base/buf.h"

void point_json_text(BpBuf *out, BpStr text);      /* "quoted"; octets that are no UTF-8 as U+FFFD */
void point_json_number(BpBuf *out, double number); /* reads back as the same; null where it is not finite */
void point_json_time(BpBuf *out, int64_t at_us);   /* null: 0, or never */
void point_json_seconds(BpBuf *out, int32_t ms);   /* of a poll interval; null: 0 */

/* "good", "uncertain", "bad"; "none": nothing was read yet. */
const char *point_json_quality(const StoreValue *value);

void point_json_value(BpBuf *out, const StorePoint *point); /* Value */
void point_json_write(BpBuf *out, const StorePoint *point); /* Point */

/* How many of some points are what. */
typedef struct PointCounts {
    size_t total, enabled, bad, overridden; /* `bad`: of those that are polled */
} PointCounts;
void point_counts_add(PointCounts *counts, const StorePoint *point);
void point_json_counts(BpBuf *out, const PointCounts *counts);
void point_json_device(BpBuf *out, const StoreDevice *device, const PointCounts *counts); /* Device */

#endif
