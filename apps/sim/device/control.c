#include "apps/sim/device/control.h"

#include "apps/sim/device/object.h"
#include "base/time.h"

#include <string.h>

/* How long a restart takes, and the first revision that refuses to be disabled (16.1.2). */
enum { RESTART_S = 10, REVISION_WITHOUT_DISABLE = 20 };

static bool knows_password(const SimControl *control, const BacValue *said)
{
    uint8_t memory[4 * BAC_PASSWORD_MAX + 4];
    BpBuf text = bp_buf(memory, sizeof memory);
    if (!control->password)
        return true;
    if (said->type == BAC_CHARACTER_STRING)
        bac_text_to_utf8(&text, said);
    return !text.failed && bp_str_equal(bp_buf_text(&text), bp_str(control->password));
}

BacRefusal sim_control_communicate(SimControl *control, const BacCommunicationControl *request,
                                   uint32_t revision, int64_t now_us)
{
    if (!knows_password(control, &request->password))
        return sim_error(BAC_CLASS_SECURITY, BAC_CODE_PASSWORD_FAILURE);
    if (request->state == BAC_COMMUNICATION_DISABLE && revision >= REVISION_WITHOUT_DISABLE)
        return sim_error(BAC_CLASS_SERVICES, BAC_CODE_SERVICE_REQUEST_DENIED);
    control->communication = (BacCommunication)request->state;
    control->until_us = request->state != BAC_COMMUNICATION_ENABLE && request->minutes
                            ? now_us + request->minutes * BP_MINUTE
                            : INT64_MAX;
    return (BacRefusal){0};
}

BacRefusal sim_control_reinitialize(SimControl *control, const BacReinitialize *request)
{
    if (!knows_password(control, &request->password))
        return sim_error(BAC_CLASS_SECURITY, BAC_CODE_PASSWORD_FAILURE);
    if (request->state != BAC_COLDSTART && request->state != BAC_WARMSTART) /* it has no file to back up */
        return sim_error(BAC_CLASS_SERVICES, BAC_CODE_OPTIONAL_FUNCTIONALITY_NOT_SUPPORTED);
    control->begins_restart = true;
    control->start = (BacReinitialized)request->state;
    return (BacRefusal){0};
}

static bool sets_free(const BacApdu *apdu)
{
    return apdu->type == BAC_CONFIRMED_REQUEST &&
           (apdu->service == BAC_SERVICE_CONFIRMED_DEVICE_COMMUNICATION_CONTROL ||
            apdu->service == BAC_SERVICE_CONFIRMED_REINITIALIZE_DEVICE);
}

bool sim_control_takes(const SimControl *control, const BacDatagram *datagram)
{
    const BacApdu *apdu = &datagram->apdu;
    if (control->is_away)
        return false;
    switch (control->communication) {
    case BAC_COMMUNICATION_DISABLE: return datagram->has_apdu && sets_free(apdu);
    case BAC_COMMUNICATION_DISABLE_INITIATION: /* its answer would be an I-Have */
        return !datagram->has_apdu || apdu->type != BAC_UNCONFIRMED_REQUEST ||
               apdu->service != BAC_SERVICE_UNCONFIRMED_WHO_HAS;
    default: return true;
    }
}

static void set_free(SimControl *control)
{
    control->communication = BAC_COMMUNICATION_ENABLE;
    control->until_us = INT64_MAX;
}

void sim_control_restart(SimControl *control, int64_t now_us)
{
    set_free(control);
    control->begins_restart = false;
    control->is_away = true;
    control->back_at_us = now_us + RESTART_S * BP_SECOND;
}

bool sim_control_advance(SimControl *control, int64_t now_us)
{
    if (control->communication != BAC_COMMUNICATION_ENABLE && now_us >= control->until_us)
        set_free(control);
    if (!control->is_away || now_us < control->back_at_us)
        return false;
    control->is_away = false;
    return true;
}

int64_t sim_control_next_due_us(const SimControl *control)
{
    if (control->is_away)
        return control->back_at_us;
    return control->communication == BAC_COMMUNICATION_ENABLE ? INT64_MAX : control->until_us;
}
