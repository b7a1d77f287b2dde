#include "apps/sim/device/station.h"

#include "base/time.h"

#include <stdio.h>
#include <stdlib.h>

enum { WINDOW = 8, SEGMENT_RETRIES = 3, AWAY_S = 20, LOOK_S = 10, TRUNK_WAITING_MAX = 32 };

/* ---- quirks by name ---- */

enum {
    APDU_50,
    APDU_206,
    APDU_480,
    NO_READ_MULTIPLE,
    NO_SEGMENTS,
    FALSE_SEGMENTS,
    SHORT_ANSWERS,
    DROPS_LONG,
    ONE_AT_A_TIME,
    SLOW,
    RESTARTING,
    NO_COV,
    MUTE_COV,
    ODD_NAMES,
    SILENT
};

const char *const sim_quirk_names[][2] = {
    [APDU_50] = {"apdu-50", "takes and sends 50 octets at most"},
    [APDU_206] = {"apdu-206", "takes and sends 206 octets at most"},
    [APDU_480] = {"apdu-480", "takes and sends 480 octets at most, as on MS/TP"},
    [NO_READ_MULTIPLE] = {"no-read-multiple", "rejects ReadPropertyMultiple"},
    [NO_SEGMENTS] = {"no-segments", "does not send segmented answers"},
    [FALSE_SEGMENTS] = {"false-segments", "says that it sends segmented answers, and aborts them"},
    [SHORT_ANSWERS] = {"short-answers", "takes 1476 octets, but aborts answers longer than 300"},
    [DROPS_LONG] = {"drops-long", "leaves requests unanswered whose answers are longer than 300 octets"},
    [ONE_AT_A_TIME] = {"one-at-a-time", "forgets requests that come while it works on another"},
    [SLOW] = {"slow", "needs 700 ms for an answer"},
    [RESTARTING] = {"restarting", "is away for 20 s of every two minutes"},
    [NO_COV] = {"no-cov", "rejects SubscribeCOV"},
    [MUTE_COV] = {"mute-cov", "takes subscriptions to changes, and tells nothing"},
    [ODD_NAMES] = {"odd-names", "has names with / # + and characters beyond ASCII"},
    [SILENT] = {"silent", "answers nothing but Who-Is"},
    [SILENT + 1] = {NULL, NULL},
};

static void add_quirk(SimQuirks *quirks, size_t i)
{
    switch (i) {
    case APDU_50: quirks->max_apdu = 50; break;
    case APDU_206: quirks->max_apdu = 206; break;
    case APDU_480: quirks->max_apdu = 480; break;
    case NO_READ_MULTIPLE: quirks->no_read_multiple = true; break;
    case NO_SEGMENTS: quirks->no_segments = true; break;
    case FALSE_SEGMENTS: quirks->no_segments = quirks->claims_segments = true; break;
    case SHORT_ANSWERS: quirks->answer_max = 300; break;
    case DROPS_LONG:
        quirks->answer_max = 300;
        quirks->drops_long = true;
        break;
    case ONE_AT_A_TIME:
        quirks->one_at_a_time = true;
        quirks->work_us = quirks->work_us ? quirks->work_us : 20 * BP_MS;
        break;
    case SLOW: quirks->work_us = 700 * BP_MS; break;
    case RESTARTING: quirks->restarts_us = 2 * BP_MINUTE; break;
    case NO_COV: quirks->no_cov = true; break;
    case MUTE_COV: quirks->mute_cov = true; break;
    case ODD_NAMES: quirks->odd_names = true; break;
    case SILENT: quirks->silent = true; break;
    default: break;
    }
}

static BpStatus unknown_quirk(BpStr name, BpError *err)
{
    char names[400];
    BpBuf out = bp_buf(names, sizeof names - 1);
    for (size_t i = 0; sim_quirk_names[i][0]; i++) {
        bp_buf_str(&out, bp_str(i ? ", " : ""));
        bp_buf_str(&out, bp_str(sim_quirk_names[i][0]));
    }
    names[out.size] = '\0';
    return bp_fail(err, BP_INVALID, "\"%.*s\" is no quirk. There are: %s", (int)name.size, name.data, names);
}

BpStatus sim_quirks_parse(BpStr text, SimQuirks *ret_quirks, BpError *err)
{
    SimQuirks quirks = {0};
    size_t begin = 0;
    for (size_t end = 0; end <= text.size; end++) {
        if (end < text.size && text.data[end] != ',')
            continue;
        const BpStr name = bp_str_trim((BpStr){text.data + begin, end - begin});
        size_t i = 0;
        while (sim_quirk_names[i][0] && !bp_str_equal(name, bp_str(sim_quirk_names[i][0])))
            i++;
        if (!sim_quirk_names[i][0])
            return unknown_quirk(name, err);
        add_quirk(&quirks, i);
        begin = end + 1;
    }
    *ret_quirks = quirks;
    return BP_OK;
}

/* ---- the device's objects, for its server ---- */

static BacRefusal read_object(void *owner, const BacReference *reference, BpBuf *out)
{
    SimStation *station = owner;
    return sim_device_objects.read(station->device, reference, out);
}

static BacRefusal write_object(void *owner, const BacWrite *write)
{
    SimStation *station = owner;
    return sim_writes_take(&station->writes, write, station->device->now_us);
}

static bool object_property(void *owner, BacObjectId object, uint32_t only, size_t i, uint32_t *ret_property)
{
    SimStation *station = owner;
    return sim_device_objects.property(station->device, object, only, i, ret_property);
}

static bool object_exists(void *owner, BacObjectId object)
{
    SimStation *station = owner;
    return sim_device_objects.exists(station->device, object);
}

static bool find_object(void *owner, BpStr name, BacObjectId *ret_object)
{
    SimStation *station = owner;
    return sim_device_objects.find(station->device, name, ret_object);
}

static BacRefusal list_property(void *owner, const BacReference *reference, BacList *ret_list)
{
    SimStation *station = owner;
    return sim_device_objects.list(station->device, reference, ret_list);
}

static BacRefusal change_list(void *owner, const BacListElements *elements, bool adds, uint32_t *ret_failed)
{
    SimStation *station = owner;
    return sim_device_objects.change(station->device, elements, adds, ret_failed);
}

static void set_clock(void *owner, const BacDateTime *now, bool is_utc)
{
    SimStation *station = owner;
    sim_device_objects.set_clock(station->device, now, is_utc);
}

static BacRefusal communicate(void *owner, const BacCommunicationControl *control, int64_t now_us)
{
    SimStation *station = owner;
    return sim_control_communicate(&station->control, control, station->device->revision, now_us);
}

static BacRefusal reinitialize(void *owner, const BacReinitialize *request, int64_t now_us)
{
    SimStation *station = owner;
    (void)now_us;
    return sim_control_reinitialize(&station->control, request);
}

static const BacObjects objects = {.read = read_object,
                                   .write = write_object,
                                   .property = object_property,
                                   .exists = object_exists,
                                   .find = find_object,
                                   .list = list_property,
                                   .change = change_list,
                                   .set_clock = set_clock,
                                   .communicate = communicate,
                                   .reinitialize = reinitialize};

static void send_datagram(void *owner, const BacAddress *to, BpStr datagram)
{
    const SimStation *station = owner;
    if (!station->writes.is_mute)
        station->send(station->owner, to, datagram);
}

static BacDateTime clock_now(void *owner)
{
    const SimStation *station = owner;
    return bac_date_time_at(station->device->site->building.clock_us + station->device->clock_offset_us);
}

/* What topics, files and tables trip over. */
static void rename_oddly(SimDevice *device)
{
    for (size_t i = 0; i < device->count; i++) {
        char name[SIM_NAME_MAX];
        snprintf(name, sizeof name, "冷房/#+ \"é\" %.40s", device->objects[i].name);
        memcpy(device->objects[i].name, name, sizeof name);
    }
}

void sim_station_init(SimStation *station, SimDevice *device, const SimQuirks *quirks, SimTrunk *trunk,
                      const BacAddress *address, void *owner,
                      void (*send)(void *owner, const BacAddress *to, BpStr datagram))
{
    *station = (SimStation){.device = device,
                            .quirks = *quirks,
                            .trunk = trunk,
                            .address = *address,
                            .writes = {.device = device},
                            .owner = owner,
                            .send = send};
    station->sendings = calloc(SIM_SENDINGS, sizeof *station->sendings); /* untouched pages cost nothing */
    station->receiving = calloc(1, sizeof *station->receiving);
    if (!station->sendings || !station->receiving)
        abort();
    const bool claims = !quirks->no_segments || quirks->claims_segments;
    device->max_apdu = quirks->max_apdu ? quirks->max_apdu : BAC_APDU_MAX;
    device->segmentation = claims ? BAC_SEGMENTED_BOTH : BAC_NO_SEGMENTATION;
    device->no_read_multiple = quirks->no_read_multiple;
    device->no_cov = quirks->no_cov;
    if (quirks->odd_names)
        rename_oddly(device);
    BacSubscription *subscriptions = calloc(SIM_SUBSCRIPTIONS, sizeof *subscriptions);
    if (!subscriptions)
        abort();
    station->publisher = (BacPublisher){.owner = station,
                                        .send = send_datagram,
                                        .objects = &objects,
                                        .device = device->instance,
                                        .station = address->remote,
                                        .subscriptions = subscriptions,
                                        .count = SIM_SUBSCRIPTIONS,
                                        .ids = &station->notice_ids,
                                        .timeout_us = 3 * BP_SECOND,
                                        .retries = 3};
    device->publisher = quirks->no_cov ? NULL : &station->publisher;
    sim_events_init(&station->events, device->objects, device->count);
    device->events = &station->events;
    BacReporter *reporter = &station->events.reporter;
    reporter->owner = station;
    reporter->send = send_datagram;
    reporter->clock = clock_now;
    reporter->ids = &station->notice_ids;
    reporter->device = device->instance;
    reporter->station = address->remote;
    const BacServerOptions options = {
        .owner = station,
        .send = send_datagram,
        .objects = &objects,
        .identity = {.instance = device->instance,
                     .max_apdu = device->max_apdu,
                     .segmentation = device->segmentation},
        .station = address->remote,
        .has_read_multiple = !quirks->no_read_multiple,
        .answer_max = quirks->answer_max,
        .drops_long_answers = quirks->drops_long,
        .window = WINDOW,
        .segment_retries = SEGMENT_RETRIES,
        .segment_timeout_us = 2 * BP_SECOND,
        .sendings = station->sendings,
        .sending_count = quirks->no_segments ? 0 : SIM_SENDINGS,
        .receivings = station->receiving,
        .receiving_count = quirks->no_segments ? 0 : 1,
        .publisher = quirks->no_cov ? NULL : &station->publisher,
        .reporter = reporter,
    };
    bac_server_init(&station->server, &options);
}

void sim_station_done(SimStation *station)
{
    if (!station->device)
        return; /* never begun: another one's address could not be had */
    free(station->waiting);
    free(station->sendings);
    free(station->receiving);
    free(station->publisher.subscriptions);
    station->device->events = NULL;
    station->device->publisher = NULL;
    sim_events_done(&station->events);
}

void sim_station_set_faults(SimStation *station, const SimFaults *faults)
{
    sim_writes_set(&station->writes, faults);
}

/* ---- what comes in ---- */

static bool is_away(const SimStation *station, int64_t now_us)
{
    const int64_t every_us = station->quirks.restarts_us;
    return station->control.is_away || (every_us > 0 && now_us % every_us < AWAY_S * BP_SECOND);
}

static void keep(SimStation *station, const BacDatagram *datagram, int64_t at_us)
{
    if (!station->waiting) {
        station->waiting = calloc(SIM_WAITING_MAX, sizeof *station->waiting);
        if (!station->waiting)
            abort();
    }
    SimWaiting *waiting = &station->waiting[(station->first + station->count++) % SIM_WAITING_MAX];
    waiting->at_us = at_us;
    waiting->was_carried = station->trunk != NULL;
    waiting->datagram = *datagram;
    BpCursor body = datagram->body;
    const size_t size = bp_cursor_remaining(&body);
    memcpy(waiting->octets, bp_cursor_take(&body, size), size);
    waiting->datagram.body = bp_cursor(waiting->octets, size);
}

/* When a request is answered that comes now, or -1 where it is forgotten. */
static int64_t answer_at_us(SimStation *station, int64_t now_us)
{
    const SimQuirks *quirks = &station->quirks;
    const SimFaults *faults = &station->writes.faults;
    if (quirks->silent || is_away(station, now_us) || station->count == SIM_WAITING_MAX)
        return -1;
    if (quirks->one_at_a_time && now_us < station->busy_until_us)
        return -1;
    int64_t at_us = now_us;
    SimTrunk *trunk = station->trunk;
    if (trunk) {
        if (trunk->waiting >= TRUNK_WAITING_MAX) {
            trunk->dropped++;
            return -1;
        }
        trunk->waiting++;
        trunk->free_at_us = (trunk->free_at_us > now_us ? trunk->free_at_us : now_us) + trunk->request_us;
        at_us = trunk->free_at_us;
    }
    if (at_us < station->busy_until_us)
        at_us = station->busy_until_us;
    station->busy_until_us =
        at_us + (faults->answer_us > quirks->work_us ? faults->answer_us : quirks->work_us);
    return station->busy_until_us;
}

/* What was under way is lost, and who subscribed; a cold start loses commands and alarms, too (16.4.1.1.1).
 */
static void restart(SimStation *station, int64_t now_us)
{
    const bool is_cold = station->control.start == BAC_COLDSTART;
    sim_control_restart(&station->control, now_us);
    bac_publisher_forget(&station->publisher);
    bac_reporter_forget(&station->events.reporter);
    bac_server_forget(&station->server);
    if (station->trunk)
        for (size_t i = 0; i < station->count; i++)
            station->trunk->waiting--;
    station->count = 0;
    station->busy_until_us = 0;
    if (is_cold) {
        sim_device_start_cold(station->device);
        sim_events_start_cold(&station->events);
    }
}

/* It keeps what it was told, as most do. */
static void restart_at_write(SimStation *station, int64_t now_us)
{
    station->writes.restarts = false;
    station->control.start = BAC_WARMSTART;
    restart(station, now_us);
    station->control.back_at_us = now_us + station->writes.faults.restart_us;
}

/* Where recipients are that were given by their number: they are asked for, and heard of. */
static void look_for_recipients(SimStation *station)
{
    uint8_t memory[16];
    BpBuf parameters = bp_buf(memory, sizeof memory), out;
    uint32_t device;
    if (!station->everyone.port || !sim_recipients_missing(&station->events.recipients, &device))
        return;
    uint8_t octets[64];
    out = bp_buf(octets, sizeof octets);
    bac_who_is_encode(&parameters, &(BacWhoIs){.has_range = true, .low = device, .high = device});
    const BacApdu apdu = {.type = BAC_UNCONFIRMED_REQUEST, .service = BAC_SERVICE_UNCONFIRMED_WHO_IS};
    BacAddress all = station->everyone;
    all.remote = (BacStation){.network = BAC_NETWORK_BROADCAST};
    const size_t begin =
        bac_datagram_begin(&out, BAC_BVLC_ORIGINAL_BROADCAST, &all, &station->address.remote, false, &apdu);
    bp_buf_str(&out, bp_buf_text(&parameters));
    bac_datagram_end(&out, begin);
    if (!out.failed)
        station->send(station->owner, &all, bp_buf_text(&out));
}

static void take_i_am(SimStation *station, const BacDatagram *datagram)
{
    BpCursor body = datagram->body;
    BacIAm i_am;
    if (datagram->has_apdu && datagram->apdu.type == BAC_UNCONFIRMED_REQUEST &&
        datagram->apdu.service == BAC_SERVICE_UNCONFIRMED_I_AM &&
        bac_i_am_decode(&body, &i_am, NULL) == BP_OK)
        sim_recipients_learn(&station->events.recipients, i_am.instance, &datagram->from);
}

/* A write may have changed something, and a new subscriber is told at once. */
static void serve(SimStation *station, const BacDatagram *datagram, int64_t now_us)
{
    const uint8_t service = datagram->apdu.service;
    station->device->now_us = now_us;
    if (!sim_control_takes(&station->control, datagram))
        return; /* it was told so while this one waited */
    bac_server_receive(&station->server, datagram, now_us);
    station->writes.is_mute = false;
    if (service == BAC_SERVICE_CONFIRMED_SUBSCRIBE_COV || service == BAC_SERVICE_CONFIRMED_WRITE_PROPERTY ||
        service == BAC_SERVICE_CONFIRMED_WRITE_PROPERTY_MULTIPLE)
        sim_station_tell(station, now_us);
    station->events.reporter.is_quiet = !sim_control_may_tell(&station->control);
    if (station->control.communication == BAC_COMMUNICATION_DISABLE)
        bac_server_forget(&station->server); /* the rest of an answer, too */
    if (station->control.begins_restart)
        restart(station, now_us);
    if (station->writes.restarts)
        restart_at_write(station, now_us);
}

void sim_station_tell(SimStation *station, int64_t now_us)
{
    station->events.reporter.is_quiet = !sim_control_may_tell(&station->control);
    if (sim_control_may_tell(&station->control) && now_us >= station->looks_at_us) {
        station->looks_at_us = now_us + LOOK_S * BP_SECOND;
        look_for_recipients(station);
    }
    const bool is_silent = station->quirks.silent || station->writes.faults.silent;
    if (!is_away(station, now_us) && !is_silent)
        sim_events_judge(&station->events, now_us);
    if (is_away(station, now_us)) /* it restarts, and has forgotten them */
        bac_publisher_forget(&station->publisher);
    else if (!station->quirks.mute_cov && !is_silent && sim_control_may_tell(&station->control))
        bac_publisher_advance(&station->publisher, now_us);
}

void sim_station_receive(SimStation *station, const BacDatagram *datagram, int64_t now_us)
{
    sim_station_advance(station, now_us); /* a time of quiet may be over */
    if (station->writes.faults.silent || !sim_control_takes(&station->control, datagram))
        return;
    take_i_am(station, datagram);
    if (!datagram->has_apdu || datagram->apdu.type != BAC_CONFIRMED_REQUEST) {
        if (!is_away(station, now_us) && !bac_publisher_receive(&station->publisher, datagram) &&
            !bac_reporter_receive(&station->events.reporter, datagram))
            bac_server_receive(&station->server, datagram, now_us);
        return;
    }
    station->received++;
    const int64_t at_us = answer_at_us(station, now_us);
    if (at_us < 0 || bp_cursor_remaining(&datagram->body) > BAC_APDU_MAX) {
        station->forgotten++;
    } else if (at_us <= now_us && station->count == 0) {
        serve(station, datagram, now_us);
    } else {
        keep(station, datagram, at_us);
        if (station->count > station->open_max)
            station->open_max = station->count;
    }
}

void sim_station_advance(SimStation *station, int64_t now_us)
{
    if (sim_control_advance(&station->control, now_us) && station->everyone.port)
        bac_server_announce(&station->server, &station->everyone, true);
    while (station->count > 0 && station->waiting[station->first].at_us <= now_us) {
        SimWaiting *waiting = &station->waiting[station->first];
        station->first = (station->first + 1) % SIM_WAITING_MAX;
        station->count--;
        if (waiting->was_carried) {
            station->trunk->waiting--;
            station->trunk->carried++;
        }
        serve(station, &waiting->datagram, now_us);
    }
    sim_writes_advance(&station->writes, now_us);
    bac_server_expire(&station->server, now_us);
}

int64_t sim_station_next_due_us(const SimStation *station)
{
    const int64_t dues_us[] = {bac_server_next_due_us(&station->server),
                               sim_control_next_due_us(&station->control),
                               sim_writes_next_due_us(&station->writes),
                               station->count ? station->waiting[station->first].at_us : INT64_MAX};
    int64_t due_us = INT64_MAX;
    for (size_t i = 0; i < sizeof dues_us / sizeof dues_us[0]; i++)
        due_us = dues_us[i] < due_us ? dues_us[i] : due_us;
    return due_us;
}
