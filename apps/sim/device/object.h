/* BACnet objects in front of the building: what is read of them, and what a command does. */
#ifndef SIM_OBJECT_H
#define SIM_OBJECT_H

#include "apps/sim/building/building.h"
#include "bacnet/service/error.h"
#include "bacnet/service/write_property.h"
#include "bacnet/talk/server.h"

enum { SIM_NAME_MAX = 40, SIM_PRIORITIES = 16 };

typedef enum SimKind { SIM_ANALOG, SIM_BINARY, SIM_MULTI_STATE, SIM_ACCUMULATOR } SimKind;

/* What objects of a sort have in common, as a table row (site.c). */
typedef struct SimSpec {
    uint16_t type;    /* BacObjectType */
    const char *name; /* behind the equipment's: "SAT" in "AHU-1/SAT" */
    const char *description;
    uint16_t units; /* BacUnits; of analog ones */
    double min, max, resolution;
    size_t signal;             /* offset of its Signal in the equipment's struct */
    const char *const *states; /* of binary (inactive, active) and multi-state objects, closed by NULL */
} SimSpec;

typedef struct SimObject {
    BacObjectId id;
    const SimSpec *spec;
    Signal *signal;
    char name[SIM_NAME_MAX];
    bool is_commandable;
    uint16_t commanded; /* bit n: priority n + 1 holds a value */
    bool out_of_service;
    bool is_faulty; /* reliability: unreliable-other */
    bool is_not_a_number;
    uint32_t event_state; /* BacEventState, by its events; a fault goes before it */
    double slots[SIM_PRIORITIES];
    double relinquish_default; /* of setpoints; where the building controls it, its own value */
    bool has_default;
    double forced; /* the value written while out of service */
    bool is_stuck; /* its present value is, whatever it is told: */
    double stuck_value;
} SimObject;

void sim_object_init(SimObject *object, BacObjectId id, const SimSpec *spec, const char *equipment,
                     void *equipment_data);

/* Brings the signal to what a command, or a sensor out of service, makes of it. After each step of the
 * building. */
void sim_object_apply(SimObject *object);

/* Whether a value is in its range: not what commands it, nor whether it takes any. */
bool sim_object_takes(const SimObject *object, double value);

/* The present value, as its sensor would tell it. */
double sim_object_value(const SimObject *object);

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
