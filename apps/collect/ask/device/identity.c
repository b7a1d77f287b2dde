#include "apps/collect/ask/device/identity.h"
#include "bacnet/service/read_property.h"

enum { NAMED_MIN = 200 }; /* octets of an answer that has room for a name (18) besides points */

static BacReference identifier_of(uint32_t instance)
{
    return (BacReference){.object = {.type = BAC_DEVICE, .instance = instance},
                          .property = BAC_PROP_OBJECT_IDENTIFIER,
                          .index = BAC_NO_INDEX};
}

/* Some instance that is not the device's own. */
static uint32_t draw_instance(const CollectDevice *device, BpRandom *random)
{
    const uint32_t drawn = (uint32_t)(bp_random_u64(random) % (BAC_INSTANCE_WILDCARD - 1));
    return drawn == device->instance ? drawn + 1 : drawn;
}

BacReference collect_identity_question(const CollectDevice *device, BpRandom *random)
{
    switch (device->identity.question) {
    case COLLECT_ASK_WHOEVER: return identifier_of(BAC_INSTANCE_WILDCARD);
    case COLLECT_ASK_CLAIMED: return identifier_of(device->identity.claim.instance);
    case COLLECT_ASK_NOBODY: return identifier_of(draw_instance(device, random));
    default: return identifier_of(device->instance);
    }
}

/* The instance that an answer names, or BAC_INSTANCE_WILDCARD. */
static uint32_t instance_in(const BacAnswer *answer)
{
    BpCursor body = answer->body, in;
    BacReference reference;
    BacValue value;
    if (answer->outcome != BAC_ANSWERED ||
        bac_read_property_ack_decode(&body, &reference, &in, NULL) != BP_OK ||
        bac_value_decode(&in, &value, NULL) != BP_OK || value.type != BAC_OBJECT_IDENTIFIER ||
        value.object.type != BAC_DEVICE)
        return BAC_INSTANCE_WILDCARD;
    return value.object.instance;
}

static bool is_unknown_object(const BacAnswer *answer)
{
    return answer->outcome == BAC_REFUSED && collect_decode_is_unknown_object(answer->refusal);
}

bool collect_identity_is_named(const CollectDevice *device)
{
    const CollectLimits *limits = &device->limits;
    return limits->read_multiple && limits->answer_octets >= NAMED_MIN &&
           limits->request_octets >= NAMED_MIN && device->instance != BAC_INSTANCE_WILDCARD &&
           !device->identity.is_unnamed;
}

BacReference collect_identity_name(const CollectDevice *device)
{
    return identifier_of(device->instance);
}

bool collect_identity_is_own(const CollectDevice *device, BacReadMultiple *walk)
{
    BacReadResult result;
    BacValue value;
    if (bac_read_multiple_ack_next(walk, &result, NULL) != BP_OK)
        return false;
    if (result.refusal.kind != BAC_NOT_REFUSED)
        return !collect_decode_is_unknown_object(result.refusal);
    return bac_value_decode(&result.value, &value, NULL) == BP_OK && value.type == BAC_OBJECT_IDENTIFIER &&
           value.object.type == BAC_DEVICE && value.object.instance == device->instance;
}

/* Somebody in the database has the name of one that is not in it. */
static bool wants_a_name_that_is_taken(const CollectInstances *instances, const CollectDevice *device)
{
    if (device->device_id)
        return false;
    const CollectDevice *other = collect_instances_find(instances, device->instance, device);
    return other && other->device_id;
}

static CollectVerdict ask(CollectDevice *device, CollectQuestion question)
{
    device->identity.question = question;
    return COLLECT_ASKS_ON;
}

static CollectVerdict judge_yes(const CollectInstances *instances, CollectDevice *device)
{
    return wants_a_name_that_is_taken(instances, device) ? ask(device, COLLECT_ASK_NOBODY)
                                                         : COLLECT_IS_ITSELF;
}

static CollectVerdict judge_other(CollectDevice *device, uint32_t found)
{
    device->found = found;
    return COLLECT_IS_ANOTHER;
}

/* Nothing more can be asked. */
static CollectVerdict judge_end(CollectDevice *device)
{
    return device->identity.denies ? judge_other(device, BAC_INSTANCE_WILDCARD) : COLLECT_IS_ITSELF;
}

CollectVerdict collect_identity_judge(const CollectInstances *instances, CollectDevice *device,
                                      const BacAnswer *answer)
{
    const uint32_t said = instance_in(answer);
    const bool says_one = said != BAC_INSTANCE_WILDCARD;
    if (device->identity.question == COLLECT_ASK_NOBODY)
        return said == device->identity.asked_instance ? judge_other(device, BAC_INSTANCE_WILDCARD)
                                                       : COLLECT_IS_ITSELF;
    if (answer->outcome == BAC_SILENT && !device->identity.denies)
        return COLLECT_IS_SILENT;
    if (says_one && said == device->instance)
        return judge_yes(instances, device);
    switch (device->identity.question) {
    case COLLECT_ASK_ITSELF:
        if (device->instance == BAC_INSTANCE_WILDCARD)
            return COLLECT_IS_ITSELF;
        device->identity.denies = says_one || is_unknown_object(answer);
        return ask(device, COLLECT_ASK_WHOEVER);
    case COLLECT_ASK_WHOEVER:
        if (says_one)
            return judge_other(device, said);
        return device->identity.claim.instance != BAC_INSTANCE_WILDCARD &&
                       device->identity.claim.instance != device->instance
                   ? ask(device, COLLECT_ASK_CLAIMED)
                   : judge_end(device);
    default:
        return says_one && said == device->identity.claim.instance ? judge_other(device, said)
                                                                   : judge_end(device);
    }
}
