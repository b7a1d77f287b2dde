/* What is heard of a network, and what is to be said of it: devices, routers, BBMDs. */
#ifndef DOCTOR_NETWORK_H
#define DOCTOR_NETWORK_H

#include "apps/doctor/doctor.h"

#include "bacnet/service/who_is.h"
#include "bacnet/talk/bbmd.h"
#include "bacnet/talk/routes.h"

enum {
    DOCTOR_DEVICES_MAX = 10000,
    DOCTOR_BBMDS_MAX = 64,    /* asked whether they are */
    DOCTOR_ENTRIES_MAX = 128, /* of a table */
    DOCTOR_TROUBLES_MAX = 32,
};

typedef struct DoctorDevice {
    BacAddress address;
    BacIAm i_am;
    unsigned times; /* it answered; to one Who-Is */
} DoctorDevice;

typedef struct DoctorBbmd {
    BacAddress address;
    bool was_asked, is_one;
    BacBdtEntry entries[DOCTOR_ENTRIES_MAX];
    size_t entry_count, foreign_count;
} DoctorBbmd;

typedef struct DoctorTrouble {
    BacRouteNews news;
    BacRoute route;
    uint8_t reason;
    uint16_t own_network;
} DoctorTrouble;

/* Filled by network.c alone. The others read it and speak to the doctor. */
typedef struct DoctorNetwork {
    Doctor *doctor;
    Node *node;
    DoctorDevice *devices; /* DOCTOR_DEVICES_MAX of them */
    size_t device_count;
    DoctorBbmd *bbmds; /* DOCTOR_BBMDS_MAX of them */
    size_t bbmd_count;
    BacRoutes routes;
    DoctorTrouble troubles[DOCTOR_TROUBLES_MAX];
    size_t trouble_count;
    uint64_t heard;
} DoctorNetwork;

/* An address as text, for the length of an expression. */
typedef struct DoctorName {
    char text[BAC_ADDRESS_TEXT_MAX];
} DoctorName;
DoctorName doctor_name_of(const BacAddress *address);

/* Each says what it thinks of its part of the network. */
void doctor_judge_devices(const DoctorNetwork *network);
void doctor_judge_routers(const DoctorNetwork *network);
void doctor_judge_bbmds(const DoctorNetwork *network);

#endif
