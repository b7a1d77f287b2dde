/* What something in the building says or does: a sensor's value, a command, a setpoint. */
#ifndef SIM_SIGNAL_H
#define SIM_SIGNAL_H

#include <stdbool.h>

/* `automatic` is what the sensor or the controls say by themselves; `actual` is what everybody else goes by,
 * which somebody's command, or a sensor out of service, may have replaced. A signal that drifts says `bias`
 * too much, and one that is frozen says what it said when it froze. */
typedef struct Signal {
    double automatic, actual;
    double forced, bias;
    bool is_forced, is_frozen;
} Signal;

static inline Signal signal_at(double value)
{
    return (Signal){.automatic = value, .actual = value};
}

static inline void signal_set(Signal *signal, double value)
{
    if (!signal->is_frozen)
        signal->automatic = value + signal->bias;
    signal->actual = signal->is_forced ? signal->forced : signal->automatic;
}

/* Somebody else says what it is, until it is released. At once, and not with the next step. */
static inline void signal_force(Signal *signal, double value)
{
    signal->is_forced = true;
    signal->actual = signal->forced = value;
}

static inline void signal_release(Signal *signal)
{
    signal->is_forced = false;
    signal->actual = signal->automatic;
}

static inline bool signal_is_on(const Signal *signal)
{
    return signal->actual > 0.5;
}

#endif
