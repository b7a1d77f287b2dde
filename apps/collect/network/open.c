/* Our own device, and being on the network with it: the sockets that the settings name are opened, and opened
 * again when they could not be, or the network has gone. Until then nobody is asked (collect_poll_leave). */
#include "apps/collect/collect.h"
#include "base/log.h"
#include "base/time.h"

#include <stdio.h>

enum { ASK_FAR_AGAIN_S = 60, RETRY_FIRST_S = 1, RETRY_LAST_S = 30 };
static const int64_t LOOK_EVERY_US = BP_SECOND, LOOK_AGAIN_US = 100 * BP_MS;

/* ---- our own device ---- */

static void put_text(BpBuf *out, const char *text)
{
    const BacValue value = {.type = BAC_CHARACTER_STRING,
                            .text = {.charset = BAC_UTF_8, .octets = bp_cursor(text, strlen(text))}};
    bac_value_encode(out, &value);
}

static void put_natural(BpBuf *out, BacType type, uint64_t natural)
{
    BacValue value = {.type = type, .natural = natural};
    if (type == BAC_ENUMERATED)
        value.enumerated = (uint32_t)natural;
    bac_value_encode(out, &value);
}

static const uint32_t own_properties[] = {
    BAC_PROP_OBJECT_IDENTIFIER,
    BAC_PROP_OBJECT_NAME,
    BAC_PROP_OBJECT_TYPE,
    BAC_PROP_SYSTEM_STATUS,
    BAC_PROP_VENDOR_NAME,
    BAC_PROP_VENDOR_IDENTIFIER,
    BAC_PROP_MODEL_NAME,
    BAC_PROP_FIRMWARE_REVISION,
    BAC_PROP_PROTOCOL_VERSION,
    BAC_PROP_PROTOCOL_REVISION,
    BAC_PROP_OBJECT_LIST,
    BAC_PROP_MAX_APDU_LENGTH_ACCEPTED,
    BAC_PROP_SEGMENTATION_SUPPORTED,
    BAC_PROP_APDU_TIMEOUT,
    BAC_PROP_NUMBER_OF_APDU_RETRIES,
    BAC_PROP_DATABASE_REVISION,
    BAC_PROP_APPLICATION_SOFTWARE_VERSION,
    BAC_PROP_PROTOCOL_SERVICES_SUPPORTED,
    BAC_PROP_PROTOCOL_OBJECT_TYPES_SUPPORTED,
    BAC_PROP_DEVICE_ADDRESS_BINDING,
};

/* Of BACnetServicesSupported, what we carry out; of BACnetObjectTypesSupported, what we have. */
static const uint8_t own_services[] = {1, 12, 14, 26, 28, 33, 34}, own_types[] = {BAC_DEVICE};
enum { SERVICE_BITS = 41, TYPE_BITS = 60 };

static void put_bits(BpBuf *out, const uint8_t *set, size_t set_count, uint32_t count)
{
    uint8_t octets[8] = {0};
    for (size_t i = 0; i < set_count; i++)
        octets[set[i] / 8] |= (uint8_t)(0x80 >> set[i] % 8);
    const BacValue value = {.type = BAC_BIT_STRING, .bits = {octets, count}};
    bac_value_encode(out, &value);
}

static BacRefusal refusal(BacErrorClass error_class, BacErrorCode code)
{
    return (BacRefusal){
        .kind = BAC_REFUSED_ERROR, .error_class = (uint16_t)error_class, .code = (uint16_t)code};
}

static bool own_exists(void *owner, BacObjectId object)
{
    const Collect *collect = owner;
    return object.type == BAC_DEVICE && object.instance == (uint32_t)collect->cfg.bacnet_instance;
}

static BacRefusal read_own(void *owner, const BacReference *reference, BpBuf *out)
{
    const Collect *collect = owner;
    char name[128];
    if (!own_exists(owner, reference->object))
        return refusal(BAC_CLASS_OBJECT, BAC_CODE_UNKNOWN_OBJECT);
    const BacValue id = {.type = BAC_OBJECT_IDENTIFIER, .object = reference->object};
    if (reference->property == BAC_PROP_OBJECT_LIST) {
        if (reference->index == 0)
            put_natural(out, BAC_UNSIGNED, 1);
        else if (reference->index == 1 || reference->index == BAC_NO_INDEX)
            bac_value_encode(out, &id);
        else
            return refusal(BAC_CLASS_PROPERTY, BAC_CODE_INVALID_ARRAY_INDEX);
        return (BacRefusal){0};
    }
    if (reference->index != BAC_NO_INDEX)
        return refusal(BAC_CLASS_PROPERTY, BAC_CODE_PROPERTY_IS_NOT_AN_ARRAY);
    switch (reference->property) {
    case BAC_PROP_OBJECT_IDENTIFIER: bac_value_encode(out, &id); break;
    case BAC_PROP_OBJECT_NAME:
        snprintf(name, sizeof name, "BacPipes %s", collect->cfg.site);
        put_text(out, name);
        break;
    case BAC_PROP_OBJECT_TYPE: put_natural(out, BAC_ENUMERATED, BAC_DEVICE); break;
    case BAC_PROP_SYSTEM_STATUS: put_natural(out, BAC_ENUMERATED, BAC_STATUS_OPERATIONAL); break;
    case BAC_PROP_VENDOR_NAME:
    case BAC_PROP_MODEL_NAME: put_text(out, "BacPipes"); break;
    case BAC_PROP_FIRMWARE_REVISION:
    case BAC_PROP_APPLICATION_SOFTWARE_VERSION: put_text(out, BACPIPES_VERSION); break;
    case BAC_PROP_VENDOR_IDENTIFIER: put_natural(out, BAC_UNSIGNED, 0); break;
    case BAC_PROP_PROTOCOL_VERSION:
    case BAC_PROP_DATABASE_REVISION: put_natural(out, BAC_UNSIGNED, 1); break;
    case BAC_PROP_PROTOCOL_REVISION: put_natural(out, BAC_UNSIGNED, 22); break;
    case BAC_PROP_MAX_APDU_LENGTH_ACCEPTED: put_natural(out, BAC_UNSIGNED, BAC_APDU_MAX); break;
    case BAC_PROP_SEGMENTATION_SUPPORTED: put_natural(out, BAC_ENUMERATED, BAC_SEGMENTED_RECEIVE); break;
    case BAC_PROP_APDU_TIMEOUT:
        put_natural(out, BAC_UNSIGNED, (uint64_t)(collect->cfg.bacnet_timeout / BP_MS));
        break;
    case BAC_PROP_NUMBER_OF_APDU_RETRIES:
        put_natural(out, BAC_UNSIGNED, (uint64_t)collect->cfg.bacnet_retries);
        break;
    case BAC_PROP_PROTOCOL_SERVICES_SUPPORTED:
        put_bits(out, own_services, sizeof own_services, SERVICE_BITS);
        break;
    case BAC_PROP_PROTOCOL_OBJECT_TYPES_SUPPORTED:
        put_bits(out, own_types, sizeof own_types, TYPE_BITS);
        break;
    case BAC_PROP_DEVICE_ADDRESS_BINDING: break; /* an empty list */
    default: return refusal(BAC_CLASS_PROPERTY, BAC_CODE_UNKNOWN_PROPERTY);
    }
    return (BacRefusal){0};
}

static BacRefusal write_own(void *owner, const BacWrite *write)
{
    return own_exists(owner, write->reference.object)
               ? refusal(BAC_CLASS_PROPERTY, BAC_CODE_WRITE_ACCESS_DENIED)
               : refusal(BAC_CLASS_OBJECT, BAC_CODE_UNKNOWN_OBJECT);
}

static bool own_property(void *owner, BacObjectId object, uint32_t only, size_t i, uint32_t *ret_property)
{
    if (!own_exists(owner, object) || only == BAC_PROP_OPTIONAL ||
        i >= sizeof own_properties / sizeof own_properties[0])
        return false;
    *ret_property = own_properties[i];
    return true;
}

static const BacObjects own_objects = {
    .read = read_own, .write = write_own, .property = own_property, .exists = own_exists};

/* ---- the network ---- */

static void send_datagram(void *owner, const BacAddress *to, BpStr datagram)
{
    const Collect *collect = owner;
    if (collect->bip)
        bip_send(collect->bip, to, datagram);
}

static void on_registered(void *owner)
{
    Collect *collect = owner;
    const int64_t now_us = loop_now_us(collect->loop);
    bp_log(BP_LOG_INFO, "registered as a foreign device with the BBMD %s", collect->cfg.bacnet_bbmd);
    if (collect->asked_far_us && now_us - collect->asked_far_us < ASK_FAR_AGAIN_S * BP_SECOND)
        return; /* a BBMD that comes and goes */
    collect->asked_far_us = now_us;
    collect_discover(collect);
}

static void write_bound(const Cfg *cfg, char *ret_bound, size_t size)
{
    snprintf(ret_bound, size, "%s %d %s %d %s %d %s", cfg->bacnet_address, (int)cfg->bacnet_port,
             cfg->bacnet_broadcast, (int)cfg->bacnet_instance, cfg->bacnet_bbmd,
             (int)(cfg->bacnet_bbmd_ttl / BP_SECOND), cfg->bacnet_bbmds);
}

/* Opens the sockets that the settings name. */
static BpStatus open_sockets(Collect *collect, BpError *err)
{
    const Cfg *cfg = &collect->cfg;
    BacAddress address, broadcast = {0}, bbmd = {0};
    BpStatus status = bac_address_parse(bp_str(cfg->bacnet_address), &address, err);
    if (status == BP_OK && *cfg->bacnet_broadcast)
        status = bac_address_parse(bp_str(cfg->bacnet_broadcast), &broadcast, err);
    if (status == BP_OK && *cfg->bacnet_bbmd)
        status = bac_address_parse(bp_str(cfg->bacnet_bbmd), &bbmd, err);
    if (status != BP_OK)
        return status;
    BipOptions options = {.bind = {.port = (uint16_t)cfg->bacnet_port},
                          .broadcast = {.port = (uint16_t)cfg->bacnet_port},
                          .bbmd = bbmd,
                          .ttl_s = (uint16_t)(cfg->bacnet_bbmd_ttl / BP_SECOND),
                          .on_registered = on_registered,
                          .owner = collect,
                          .on_datagram = collect_datagram};
    status = bip_parse_bbmds(bp_str(cfg->bacnet_bbmds), &options, err);
    if (status != BP_OK)
        return status;
    memcpy(options.bind.ip, address.ip, sizeof options.bind.ip);
    memcpy(options.broadcast.ip, broadcast.ip, sizeof options.broadcast.ip);
    bip_free(collect->bip);
    collect->bip = bip_new(collect->loop, &options, err);
    if (!collect->bip)
        return BP_UNAVAILABLE;
    if (bip_look(collect->bip, err) != BP_OK) {
        bip_free(collect->bip);
        collect->bip = NULL;
        return BP_UNAVAILABLE;
    }
    const BacServerOptions server = {.owner = collect,
                                     .send = send_datagram,
                                     .objects = &own_objects,
                                     .identity = {.instance = (uint32_t)cfg->bacnet_instance,
                                                  .max_apdu = BAC_APDU_MAX,
                                                  .segmentation = BAC_SEGMENTED_RECEIVE},
                                     .has_read_multiple = true,
                                     .window = 1,
                                     .segment_timeout_us = 2 * BP_SECOND};
    bac_server_init(&collect->server, &server);
    return BP_OK;
}

static void forget_strangers(Collect *collect)
{
    CollectDevice *next;
    for (CollectDevice *device = collect_poll_devices(collect->poller); device; device = next) {
        next = device->next;
        if (device->device_id == 0)
            collect_forget(collect, device);
    }
}

static void look_later(Collect *collect, int64_t wait_us)
{
    loop_timer_set(collect->network_timer, loop_now_us(collect->loop) + wait_us);
}

/* Told once, and again where there is another reason. */
static void leave(Collect *collect, const BpError *why)
{
    const bool is_news = strcmp(collect->no_network, why->text) != 0;
    bip_free(collect->bip);
    collect->bip = NULL;
    if (is_news) {
        snprintf(collect->no_network, sizeof collect->no_network, "%s", why->text);
        bp_log(BP_LOG_ERROR,
               "not on the BACnet network: %s; it is tried again every %d s at least, and until then points "
               "are bad "
               "(" COLLECT_NO_NETWORK
               "). Settings bacnet.address, bacnet.port and bacnet.broadcast say where it is",
               why->text, RETRY_LAST_S);
    }
    if (!collect->is_off_network) {
        collect->is_off_network = true;
        forget_strangers(collect);
        collect_poll_leave(collect->poller, loop_now_us(collect->loop));
    }
    if (is_news)
        collect_say_status(collect, "online");
    const int64_t wait_us = collect->retry_us ? collect->retry_us : RETRY_FIRST_S * BP_SECOND;
    collect->retry_us = wait_us < RETRY_LAST_S * BP_SECOND / 2 ? 2 * wait_us : RETRY_LAST_S * BP_SECOND;
    look_later(collect, wait_us);
}

static void join(Collect *collect)
{
    char text[BAC_ADDRESS_TEXT_MAX];
    const BacAddress ours = bip_address(collect->bip);
    const bool was_said = *collect->no_network;
    bp_log(was_said ? BP_LOG_NOTICE : BP_LOG_INFO, "on the BACnet network at %s%s, as device %d",
           bac_address_format(&ours, text), was_said ? " now" : "", (int)collect->cfg.bacnet_instance);
    collect->is_off_network = false;
    collect->no_network[0] = '\0';
    collect->retry_us = 0;
    collect_poll_join(collect->poller, loop_now_us(collect->loop));
    collect_discover(collect);
    collect_poll_soon(collect);
    collect_say_status(collect, "online");
    look_later(collect, LOOK_EVERY_US);
}

static void try_to_open(Collect *collect)
{
    BpError err = {0};
    if (open_sockets(collect, &err) == BP_OK)
        join(collect);
    else
        leave(collect, &err);
    collect_poll_soon(collect);
}

void collect_open_network(Collect *collect)
{
    char bound[sizeof collect->bound];
    write_bound(&collect->cfg, bound, sizeof bound);
    if (collect->bip && strcmp(bound, collect->bound) == 0)
        return;
    memcpy(collect->bound, bound, sizeof bound);
    collect->retry_us = 0;
    try_to_open(collect);
}

void collect_look_at_network(void *owner)
{
    Collect *collect = owner;
    BpError err = {0};
    if (!collect->bip) {
        try_to_open(collect);
        return;
    }
    collect->network_looked_us = loop_now_us(collect->loop);
    collect->unsent = bip_counts(collect->bip).dropped;
    switch (bip_look(collect->bip, &err)) {
    case BP_OK: look_later(collect, LOOK_EVERY_US); break;
    case BP_CONFLICT: try_to_open(collect); break;
    default: leave(collect, &err); collect_poll_soon(collect);
    }
}

/* What cannot be sent may tell that before the next look is due. */
void collect_doubt_network(Collect *collect)
{
    if (collect->bip && bip_counts(collect->bip).dropped != collect->unsent &&
        loop_now_us(collect->loop) - collect->network_looked_us >= LOOK_AGAIN_US)
        collect_look_at_network(collect);
}
