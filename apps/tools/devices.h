/* `bacpipes device`: the devices that the database knows, as the tool's halves have them. */
#ifndef TOOLS_DEVICES_H
#define TOOLS_DEVICES_H

#include "apps/tools/database.h"

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

int tools_devices_list(int argc, char **argv, BpArena *arena);
int tools_devices_replace(int argc, char **argv, BpArena *arena);

#endif
