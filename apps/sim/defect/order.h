/* Faults as they are ordered, one grammar for those of the building and those of its devices:
 *
 *     WHAT:FAULT[=VALUE][@FROM[/UNTIL]],FAULT...;WHAT:FAULT...
 *
 * Lines are as good as semicolons; one that begins with # is for people. FROM and UNTIL are instants, in UTC
 * where no zone is told and to the minute where no second is, or +2h from the start. Without FROM it is since
 * ever, without UNTIL for ever. What there is to fail, and how, is not known here. */
#ifndef SIM_DEFECT_ORDER_H
#define SIM_DEFECT_ORDER_H

#include "base/error.h"
#include "base/str.h"

typedef struct DefectOrder {
    BpStr what, fault;
    BpStr value; /* empty, with: */
    bool has_value;
    int64_t from_us;  /* INT64_MIN: since ever */
    int64_t until_us; /* it has ended then; INT64_MAX: for ever */
} DefectOrder;

/* The first is DefectOrders{.text = ..., .start_us = ...}, which is borrowed by all that is found in it. */
typedef struct DefectOrders {
    BpStr text; /* still to be read */
    int64_t start_us;
    BpStr line, faults, what;
} DefectOrders;

/* The next order, or *ret_has false at the end. BP_INVALID: what is wrong, and what would be right; then no
 * more is to be asked. */
BpStatus defect_orders_next(DefectOrders *orders, DefectOrder *ret_order, bool *ret_has,
                            BpError *err) BP_CHECKED;

#endif
