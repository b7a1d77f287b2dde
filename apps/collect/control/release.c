#include "apps/collect/control/release.h"

#include "bacnet/service/write_property.h"
#include "base/log.h"
#include "base/time.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

static const int64_t POINT_TAKEN_US = 200 * BP_MS, /* until a point is tried again that a command has */
    LOOK_LIFE_US = 5 * BP_SECOND;                  /* from the look that shows ours to the Null */

/* One under way. */
typedef struct Release {
    struct Release *next;
    struct ControlReleases *of;
    CollectDevice *device; /* while an order of ours is with it */
    ControlHold hold;
    ControlLook look;
    int64_t looked_us; /* CLOCK_BOOTTIME: when the last look was asked for */
} Release;

struct ControlReleases {
    ControlReleasesOptions options;
    Release *first;
    size_t count;
    bool is_closed;
};

/* ---- what is seen ---- */

static void say_unsent(CollectOrderWhy why, char text[CONTROL_WHY_TEXT])
{
    static const char *const whys[] = {
        [COLLECT_ORDER_WAS_SENT] = "the device did not answer",
        [COLLECT_ORDER_AWAY] = "the device is offline, or another one is at its address",
        [COLLECT_ORDER_DISABLED] = "the device is disabled, and left alone",
        [COLLECT_ORDER_FORGOTTEN] = "the device is not known any more",
        [COLLECT_ORDER_NO_NETWORK] = "we are not on the network",
        [COLLECT_ORDER_FULL] = "too much is being asked of the device",
        [COLLECT_ORDER_TOO_LONG] = "the request is too long for the device",
        [COLLECT_ORDER_LATE] = "too long ago was it read what is in the slot",
    };
    const char *words = (size_t)why < sizeof whys / sizeof whys[0] ? whys[why] : NULL;
    snprintf(text, CONTROL_WHY_TEXT, "%s", words ? words : "it could not be asked");
}

static bool is_other_object(const ControlSeen *seen, const char *name)
{
    return *seen->name && *name && strcmp(seen->name, name) != 0;
}

ControlShown control_shown_of(const ControlSeen *seen, int slot, const char *name,
                              char text[CONTROL_WHY_TEXT])
{
    ControlShown shown = {.what = CONTROL_SHOWN_NOT, .why = text};
    switch (seen->sight) {
    case CONTROL_SEEN: break;
    case CONTROL_ANOTHER_ANSWERS:
        snprintf(text, CONTROL_WHY_TEXT, "another device answers at its address");
        return shown;
    case CONTROL_NO_OBJECT:
        snprintf(text, CONTROL_WHY_TEXT, "the device has no such object now");
        return shown;
    case CONTROL_NOT_TOLD:
        snprintf(text, CONTROL_WHY_TEXT, "the device does not tell its value");
        return shown;
    case CONTROL_NO_ANSWER: say_unsent(COLLECT_ORDER_WAS_SENT, text); return shown;
    case CONTROL_NOT_ASKED: say_unsent(seen->why, text); return shown;
    }
    if (is_other_object(seen, name)) {
        snprintf(text, CONTROL_WHY_TEXT, "the object there is called %.80s now", seen->name);
    } else if (!control_slots_is_known(&seen->slots, slot)) {
        snprintf(text, CONTROL_WHY_TEXT, "the device does not tell what is in slot %d", slot);
    } else if (control_slots_is_held(&seen->slots, slot)) {
        shown.what = CONTROL_SHOWN_VALUE;
        shown.value = seen->slots.values[slot - 1];
    } else {
        shown.what = CONTROL_SHOWN_EMPTY;
    }
    return shown;
}

/* ---- what is under way ---- */

static CollectDevice *find_device(const ControlReleases *releases, const ControlHold *hold)
{
    CollectPoller *poller = releases->options.poller;
    CollectDevice *device = collect_poll_find_instance(poller, hold->device_instance, NULL);
    if (device && device->device_id == hold->device_id)
        return device;
    /* One that got another instance is the same row of the database. */
    for (device = collect_poll_devices(poller); device && hold->device_id != 0; device = device->next)
        if (device->device_id == hold->device_id)
            return device;
    return collect_poll_find_instance(poller, hold->device_instance, NULL);
}

static void end(Release *release)
{
    ControlReleases *releases = release->of;
    const int32_t point_id = release->hold.point_id;
    for (Release **link = &releases->first; *link; link = &(*link)->next)
        if (*link == release) {
            *link = release->next;
            break;
        }
    releases->count--;
    free(release);
    if (releases->is_closed)
        return;
    releases->options.give_point(releases->options.owner, point_id);
    releases->options.on_change(releases->options.owner);
}

static void tell(const ControlReleases *releases, const ControlHold *hold)
{
    size_t count;
    const ControlEvent *events = control_holds_events(releases->options.kept->holds, &count);
    const ControlEvent *event = count > 0 ? &events[count - 1] : NULL;
    if (!event || event->point_id != hold->point_id || event->slot != hold->slot)
        return;
    bp_log(event->kind == CONTROL_RELEASED ? BP_LOG_INFO : BP_LOG_WARNING, "%s, slot %d (%s, by %s): %s%s",
           hold->name, hold->slot, hold->source, hold->created_by, event->text,
           event->kind == CONTROL_RETRY ? "; it is to be released, and tried again" : "");
}

static void look(Release *release);
static void write_null(Release *release);

static void take(Release *release, const ControlShown *shown)
{
    const ControlReleases *releases = release->of;
    const ControlHold hold = release->hold;
    ControlTime now;
    size_t before, after;
    releases->options.now(releases->options.owner, &now);
    control_holds_events(releases->options.kept->holds, &before);
    const ControlNext next = control_kept_seen(releases->options.kept, hold.point_id, hold.slot, shown, &now);
    control_holds_events(releases->options.kept->holds, &after);
    if (after != before)
        tell(releases, &hold);
    if (next == CONTROL_WRITE_NULL)
        write_null(release);
    else
        end(release);
}

static void on_seen(void *context, const ControlSeen *seen)
{
    Release *release = context;
    char text[CONTROL_WHY_TEXT] = "";
    if (release->of->is_closed) {
        end(release);
        return;
    }
    if (release->of->options.on_seen)
        release->of->options.on_seen(release->of->options.owner, release->hold.point_id, seen);
    const ControlShown shown = control_shown_of(seen, release->hold.slot, release->hold.name, text);
    take(release, &shown);
}

static void look(Release *release)
{
    const ControlReleases *releases = release->of;
    ControlTime now;
    releases->options.now(releases->options.owner, &now);
    release->looked_us = now.boot_us;
    control_look(&release->look,
                 &(ControlLookRequest){.poller = releases->options.poller,
                                       .device = release->device,
                                       .object = release->hold.object,
                                       .property = release->hold.property,
                                       .slot = release->hold.slot,
                                       .is_urgent = true,
                                       .now_us = releases->options.loop_now_us(releases->options.owner),
                                       .context = release,
                                       .on_seen = on_seen});
}

/* A refusal says that nothing was done; silence says nothing. What the slot shows decides in any case. */
static void on_written(void *context, const CollectOrderEnd *ended)
{
    Release *release = context;
    const ControlReleases *releases = release->of;
    const ControlHold hold = release->hold;
    char why[CONTROL_WHY_TEXT] = "the device refuses it";
    ControlTime now;
    size_t before, after;
    if (releases->is_closed) {
        end(release);
        return;
    }
    if (ended->outcome == COLLECT_ORDER_NOT_SENT)
        say_unsent(ended->why, why);
    releases->options.now(releases->options.owner, &now);
    const bool may_be_done =
        ended->outcome == COLLECT_ORDER_ANSWERED || ended->outcome == COLLECT_ORDER_UNKNOWN;
    control_holds_events(releases->options.kept->holds, &before);
    const bool is_taken =
        control_holds_wrote(releases->options.kept->holds, hold.point_id, hold.slot, may_be_done, why, &now);
    control_holds_events(releases->options.kept->holds, &after);
    if (after != before)
        tell(releases, &hold);
    if (is_taken)
        look(release);
    else
        end(release);
}

/* Whoever stood still meanwhile does not know any more what is in the slot. */
static bool may_go(void *context)
{
    const Release *release = context;
    const ControlReleases *releases = release->of;
    ControlTime now;
    if (releases->is_closed ||
        (releases->options.may_write && !releases->options.may_write(releases->options.owner)))
        return false;
    releases->options.now(releases->options.owner, &now);
    return now.boot_us - release->looked_us <= LOOK_LIFE_US;
}

static void write_null(Release *release)
{
    static const uint8_t null_value[] = {0};
    const ControlReleases *releases = release->of;
    uint8_t memory[64];
    BpBuf out = bp_buf(memory, sizeof memory);
    const BacWrite write = {
        .reference = {release->hold.object, release->hold.property, BAC_NO_INDEX},
        .value = bp_cursor(null_value, sizeof null_value),
        .priority = release->hold.slot,
    };
    bac_write_property_encode(&out, &write);
    assert(!out.failed);
    const CollectOrderRequest order = {.service = BAC_SERVICE_CONFIRMED_WRITE_PROPERTY,
                                       .parameters = bp_buf_text(&out),
                                       .is_urgent = true,
                                       .is_once = true,
                                       .context = release,
                                       .may_go = may_go,
                                       .on_end = on_written};
    collect_poll_order(releases->options.poller, release->device, &order,
                       releases->options.loop_now_us(releases->options.owner));
}

/* ---- what is due ---- */

/* Whether there is room to ask the hold's device. */
static bool may_ask(void *context, const ControlHold *hold)
{
    const ControlReleases *releases = context;
    size_t count = 0;
    for (const Release *release = releases->first; release; release = release->next)
        count += release->hold.device_id == hold->device_id;
    return count < CONTROL_RELEASES_OF_A_DEVICE;
}

static void begin(ControlReleases *releases, const ControlHold *hold)
{
    Release *release = calloc(1, sizeof *release);
    if (!release)
        abort();
    release->of = releases;
    release->hold = *hold;
    release->next = releases->first;
    releases->first = release;
    releases->count++;
    release->device = find_device(releases, hold);
    if (hold->is_plain)
        take(release, &(ControlShown){.what = CONTROL_SHOWN_VALUE, .value = hold->value});
    else if (!release->device)
        take(release, &(ControlShown){.what = CONTROL_SHOWN_NOT, .why = "the device is not known"});
    else
        look(release);
}

void control_releases_advance(ControlReleases *releases)
{
    const ControlHold *hold;
    ControlTime now;
    bool has_begun = false;
    if (releases->is_closed)
        return;
    releases->options.now(releases->options.owner, &now);
    while (releases->count < CONTROL_RELEASES_MAX &&
           (hold = control_holds_take(releases->options.kept->holds, &now, may_ask, releases)) != NULL) {
        if (releases->options.take_point(releases->options.owner, hold->point_id))
            begin(releases, hold);
        else
            control_holds_put_off(releases->options.kept->holds, hold->point_id, hold->slot, POINT_TAKEN_US,
                                  &now);
        has_begun = true;
    }
    if (has_begun)
        releases->options.on_change(releases->options.owner);
}

bool control_releases_are_under_way(const ControlReleases *releases)
{
    return releases->count > 0;
}

/* ---- its life ---- */

ControlReleases *control_releases_new(const ControlReleasesOptions *options)
{
    ControlReleases *releases = calloc(1, sizeof *releases);
    if (!releases)
        abort();
    releases->options = *options;
    return releases;
}

void control_releases_close(ControlReleases *releases)
{
    releases->is_closed = true;
}

void control_releases_free(ControlReleases *releases)
{
    if (!releases)
        return;
    while (releases->first) {
        Release *release = releases->first;
        releases->first = release->next;
        free(release);
    }
    free(releases);
}
