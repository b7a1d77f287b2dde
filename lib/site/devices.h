/* `bacpipes device`: the devices that the database knows, as the tool's halves have them. */
#ifndef SITE_DEVICES_H
#define SITE_DEVICES_H

#include "site/database.h"

/* Columns of select_devices.sql. */
enum {
    DEVICES_SITE_ID,
    DEVICES_DEVICE_ID,
    DEVICES_NAME,
    DEVICES_INSTANCE,
    DEVICES_ADDRESS,
    DEVICES_IS_REPLACED,
    DEVICES_STATE,
    DEVICES_SINCE,
    DEVICES_VENDOR,
    DEVICES_MODEL,
    DEVICES_POINTS,
};

int query_device_list(int argc, char **argv, BpArena *arena);
int query_device_replace(int argc, char **argv, BpArena *arena);

#endif
