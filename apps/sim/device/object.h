/* BACnet objects in front of the building: what is read of them, and what a command does. */
#ifndef SIM_OBJECT_H
#define SIM_OBJECT_H

#include "apps/sim/device/naming.h"
#include "bacnet/service/error.h"
#include "bacnet/service/write_property.h"
#include "bacnet/talk/server.h"

enum { SIM_PRIORITIES = 16, SIM_STATES_MAX = 8 /* of an object */ };

typedef enum SimKind { SIM_ANALOG, SIM_BINARY, SIM_MULTI_STATE, SIM_ACCUMULATOR } SimKind;

typedef struct SimObject {
    BacObjectId id;
    const SimSpec *spec;
    const SimEquipment *equipment;
    Signal *signal;
    char name[SIM_NAME_MAX]; /* as its contractor has it */
    bool is_commandable;
    uint16_t commanded; /* bit n: priority n + 1 holds a value */
    bool out_of_service;
    bool is_faulty; /* reliability: unreliable-other */
    bool is_not_a_number;
    uint32_t event_state; /* BacEventState, by its events; a fault goes before it */
    double slots[SIM_PRIORITIES];
    bool has_default; /* a setpoint, that may be written too when nothing commands it */
    double forced;    /* the value written while out of service */
    bool is_stuck;    /* its present value is, whatever it is told: */
    double stuck_value;
} SimObject;

/* The equipment outlives the object. */
void sim_object_init(SimObject *object, BacObjectId id, const SimSpec *spec, const SimEquipment *equipment);

/* Whether it is the equipment's point of this name, whatever the naming: "SAT" of an air handler. */
bool sim_object_is(const SimObject *object, SimEquipmentKind kind, const char *spec);

/* Brings the signal to what a command, or a sensor out of service, makes of it, after either has changed. */
void sim_object_apply(SimObject *object);

/* As its contractor has it. Returns ret_text. */
char *sim_object_description(const SimObject *object, char ret_text[SIM_TEXT_MAX]);

/* Whether a value is in its range: not what commands it, nor whether it takes any. */
bool sim_object_takes(const SimObject *object, double value);

/* A number, or a state by its text, in the contractor's words, too; "active", "off" and the like of binary
 * ones. BP_INVALID: it is neither, and which states there are. */
BpStatus sim_object_parse(const SimObject *object, BpStr text, double *ret_value, BpError *err) BP_CHECKED;

/* To a sensor's resolution; 0: it has none. */
double sim_rounded(double value, double resolution);

/* The present value, as its sensor would tell it. */
double sim_object_value(const SimObject *object);

/* The same as the number that clients get: a float where it is a REAL, whole where states and units are
 * counted, 0 or 1 of a binary one. */
double sim_object_said(const SimObject *object);

/* The same as who polls it keeps it: a REAL as its shortest decimal. */
double sim_object_kept(const SimObject *object);

BacRefusal sim_object_read(const SimObject *object, const BacReference *reference, BpBuf *out);
BacRefusal sim_object_write(SimObject *object, const BacWrite *write);

/* The object's properties one by one, for ALL, REQUIRED and OPTIONAL; false at the end. */
bool sim_object_property(const SimObject *object, uint32_t only, size_t i, uint32_t *ret_property);

/* ---- for all that answers for a device ---- */

BacRefusal sim_error(BacErrorClass error_class, BacErrorCode code);
void sim_put_text(BpBuf *out, const char *text);
void sim_put_natural(BpBuf *out, uint64_t natural);
void sim_put_real(BpBuf *out, double real);
void sim_put_enumerated(BpBuf *out, uint32_t enumerated);
void sim_put_bits(BpBuf *out, const uint8_t *octets, uint32_t count);
void sim_put_object(BpBuf *out, BacObjectId object);

/* Writes an array by its index: all elements, the length, or one; property-is-not-an-array and
 * invalid-array-index are refused where they belong. */
BacRefusal sim_put_array(BpBuf *out, uint32_t index, size_t count,
                         void (*put)(const void *context, size_t i, BpBuf *out), const void *context);

#endif
