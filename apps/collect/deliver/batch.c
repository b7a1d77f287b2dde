#include "apps/collect/deliver/batch.h"

#include "base/time.h"
#include "model/topic.h"

enum { SEAL_OCTETS_MAX = 1024 };

void batch_put(Outbox *outbox, int32_t device_id, const MdlReading *readings, size_t count, int64_t first_us)
{
    BpBuf encoded = bp_buf_growing(MDL_BATCH_OCTETS_MAX);
    for (size_t i = 0; i < count; i += MDL_BATCH_READINGS_MAX) {
        const size_t part = count - i < MDL_BATCH_READINGS_MAX ? count - i : MDL_BATCH_READINGS_MAX;
        bp_buf_clear(&encoded);
        mdl_batch_encode(&encoded, device_id, readings + i, part);
        outbox_put(outbox, bp_buf_text(&encoded), part, first_us);
    }
    bp_buf_done(&encoded);
}

bool batch_send(Mqtt *mqtt, const char *site, const MdlRun *run, int64_t n, int64_t oldest, BpStr payload)
{
    char topic[MDL_TOPIC_MAX];
    BpError err;
    if (!mqtt)
        return false;
    BpBuf sealed = bp_buf_growing(MDL_BATCH_OCTETS_MAX + SEAL_OCTETS_MAX);
    mdl_batch_seal(&sealed, run, n, oldest, bp_wall_us(), payload);
    const bool is_sent = mqtt_publish(mqtt, mdl_topic(site, "readings", topic), bp_buf_text(&sealed), 1,
                                      false, NULL, &err) == BP_OK;
    bp_buf_done(&sealed);
    return is_sent;
}
