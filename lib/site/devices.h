/* Devices as tools have them from the database: the columns of a statement that several ask. */
#ifndef SITE_DEVICES_H
#define SITE_DEVICES_H

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

#endif
