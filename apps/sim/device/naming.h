/* How a contractor names devices and points. The same building speaks as three of them would have it. */
#ifndef SIM_NAMING_H
#define SIM_NAMING_H

#include "apps/sim/device/equipment.h"
#include "base/error.h"
#include "base/str.h"

/* In octets, with the closing zero: of names (ASCII), and of descriptions (UTF-8). */
enum { SIM_NAME_MAX = 64, SIM_TEXT_MAX = 96 };

struct SimNaming {
    const char *name, *title;
    /* A device by the equipment that it has: of a controller of VAV boxes `number` counts controllers. */
    void (*device)(const SimEquipment *equipment, char ret_name[SIM_NAME_MAX], char ret_text[SIM_TEXT_MAX]);
    void (*point)(const SimEquipment *equipment, const SimSpec *spec, char ret_name[SIM_NAME_MAX]);
    void (*describe)(const SimEquipment *equipment, const SimSpec *spec, char ret_text[SIM_TEXT_MAX]);
    const char *(*word)(const char *state); /* of a state text */
};

/* "AHU-1/SAT"; "HQ.Roof.AHU01.SupplyAirTemp"; "L01_ZUL_TE_MW". The first is the default. */
extern const SimNaming sim_naming_plain, sim_naming_dotted, sim_naming_german;
extern const SimNaming *const sim_namings[]; /* closed by NULL */

/* BP_INVALID: no such naming, and which there are. */
BpStatus sim_naming_find(BpStr name, const SimNaming **ret_naming, BpError *err) BP_CHECKED;

/* A contractor's own word for each point, in no order, closed by a row without a name. */
typedef struct SimWord {
    SimEquipmentKind kind;
    const char *spec; /* its name in points.c */
    const char *name, *text;
} SimWord;

const SimWord *sim_word_find(const SimWord *words, SimEquipmentKind kind, const SimSpec *spec);

#endif
