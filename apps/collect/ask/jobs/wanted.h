/* What is read of an object when its device is read out (scan.h), by its type: what the standard gives it. */
#ifndef COLLECT_ASK_JOBS_WANTED_H
#define COLLECT_ASK_JOBS_WANTED_H

#include "bacnet/wire/object.h"

enum { COLLECT_WANTED_MAX = 12 };

/* Properties, each whole. Returns how many they are. */
size_t collect_wanted(uint16_t type, uint32_t ret_properties[COLLECT_WANTED_MAX]);

/* The unit of a quantity that always has the same one, and no property Units; -1: not known from the type. */
int64_t collect_wanted_units(uint16_t type);

/* It is commandable whatever it says; others tell by a relinquish default. */
bool collect_wanted_is_output(uint16_t type);

#endif
