/* For tests of holds: one to start from. */
#ifndef UNIT_APPS_COLLECT_CONTROL_A_HOLD_H
#define UNIT_APPS_COLLECT_CONTROL_A_HOLD_H

#include "apps/collect/control/holds.h"
#include "base/time.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static inline ControlTime a_clock(int64_t boot_us, int64_t wall_us, int boot)
{
    ControlTime clock = {.boot_us = boot_us, .wall_us = wall_us};
    snprintf(clock.boot, sizeof clock.boot, "boot-%d", boot);
    return clock;
}

static inline ControlHold a_hold(int32_t point_id, uint8_t slot, int number, float value, int64_t after_us,
                                 const ControlTime *now)
{
    ControlHold hold = {.point_id = point_id,
                        .slot = slot,
                        .device_id = 3,
                        .device_instance = 1042,
                        .object = {BAC_ANALOG_VALUE, (uint32_t)point_id},
                        .property = BAC_PROP_PRESENT_VALUE,
                        .address = "10.1.2.9:47808",
                        .name = "AHU-1/SAT-C",
                        .source = "tools",
                        .created_by = "alice",
                        .value = (double)value,
                        .span = control_span(after_us, now),
                        .began_us = now->wall_us,
                        .ours = {(double)value},
                        .ours_count = 1};
    snprintf(hold.command, sizeof hold.command, "00000000-0000-0000-0000-%012d", number);
    return hold;
}

static inline ControlShown shown_value(float value)
{
    return (ControlShown){.what = CONTROL_SHOWN_VALUE, .value = (double)value};
}

static const ControlShown shown_empty = {.what = CONTROL_SHOWN_EMPTY};
static const ControlShown shown_not = {.what = CONTROL_SHOWN_NOT, .why = "the device does not answer"};

#endif
