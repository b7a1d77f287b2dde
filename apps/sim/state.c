#include "apps/sim/state.h"

#include "base/log.h"
#include "base/time.h"
#include "io/sign/sign.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const int64_t KEEP_EVERY_US = BP_MINUTE, AWAY_MAX_US = 40 * BP_DAY, NEAR_US = 8 * BP_DAY;
enum { PATH_SIZE = 4096, OCTETS_MAX = 1 << 28 };

/* All of the file but for what stands behind it: the building and its parts as they are in memory, and what
 * was written to each object. Only the program that wrote that knows what it means; registers anybody does.
 */
typedef struct Header {
    char magic[16];
    uint8_t digest[SIGN_DIGEST_SIZE]; /* of all that follows */
    uint8_t program[SIGN_DIGEST_SIZE];
    uint64_t points, seed, weather_seed, climate, control;
    int64_t begun_us, clock_us;
    uint64_t handlers, zones;
    double energy, gas, run_hours; /* run hours: of the fan that has the most */
} Header;

/* What was written to an object. */
typedef struct Written {
    uint16_t commanded;
    bool out_of_service;
    double slots[SIM_PRIORITIES], forced;
} Written;

struct SimState {
    const char *path;
    uint8_t program[SIGN_DIGEST_SIZE];
    int64_t begun_us, kept_us;
    bool is_failing; /* said once */
};

/* ---- files ---- */

/* BP_NOT_FOUND: there is none. Anything but a regular file is none of ours. */
static BpStatus read_whole(const char *path, int flags, BpBuf *out, BpError *err)
{
    struct stat status;
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | flags);
    if (fd < 0)
        return bp_fail(err, errno == ENOENT ? BP_NOT_FOUND : BP_UNAVAILABLE, "%s: %s", path,
                       bp_errno_text(errno));
    ssize_t size = -1;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size < OCTETS_MAX) {
        uint8_t *room = bp_buf_reserve(out, (size_t)status.st_size);
        for (size_t have = 0; room && (size = read(fd, room + have, (size_t)status.st_size - have)) > 0;)
            have += (size_t)size;
    }
    close(fd);
    return size == 0 ? BP_OK : bp_fail(err, BP_INVALID, "%s cannot be read as a file", path);
}

static void digest_of(BpStr octets, uint8_t ret_digest[SIGN_DIGEST_SIZE])
{
    sign_digest(&octets, 1, ret_digest);
}

static bool write_whole(const char *path, BpStr octets)
{
    char draft[PATH_SIZE];
    if ((size_t)snprintf(draft, sizeof draft, "%s.new", path) >= sizeof draft)
        return false;
    (void)unlink(draft);
    const int fd = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return false;
    const bool is_whole = write(fd, octets.data, octets.size) == (ssize_t)octets.size && fsync(fd) == 0;
    close(fd);
    return is_whole && rename(draft, path) == 0;
}

/* ---- the building as octets ---- */

static double most_run_hours(const Building *building)
{
    double most = 0;
    for (size_t i = 0; i < building->handler_count; i++)
        if (building->handlers[i].run_hours.automatic > most)
            most = building->handlers[i].run_hours.automatic;
    return most;
}

static Header header_of(const SimState *state, const SimSite *site)
{
    const Building *building = &site->building;
    Header header = {.magic = "BacPipes sim 1",
                     .points = site->point_count,
                     .seed = building->seed,
                     .weather_seed = building->weather_seed,
                     .climate = (uint64_t)(building->climate - climates),
                     .control = building->control,
                     .begun_us = state->begun_us,
                     .clock_us = building->clock_us,
                     .handlers = building->handler_count,
                     .zones = building->zone_count,
                     .energy = building->meter.energy.automatic,
                     .gas = building->meter.gas.automatic,
                     .run_hours = most_run_hours(building)};
    memcpy(header.program, state->program, sizeof header.program);
    return header;
}

static void put(BpBuf *out, const void *octets, size_t size)
{
    bp_buf_str(out, (BpStr){octets, size});
}

static void put_site(BpBuf *out, const SimState *state, const SimSite *site)
{
    const Building *building = &site->building;
    Header header = header_of(state, site);
    put(out, &header, sizeof header);
    put(out, building, sizeof *building);
    put(out, building->handlers, building->handler_count * sizeof *building->handlers);
    put(out, building->zones, building->zone_count * sizeof *building->zones);
    for (size_t i = 0; i < site->device_count; i++)
        for (size_t j = 0; j < site->devices[i].count; j++) {
            const SimObject *object = &site->devices[i].objects[j];
            Written written = {.commanded = object->commanded,
                               .out_of_service = object->out_of_service,
                               .forced = object->forced};
            memcpy(written.slots, object->slots, sizeof written.slots);
            put(out, &written, sizeof written);
        }
    if (out->failed)
        return;
    const size_t behind = offsetof(Header, digest) + sizeof header.digest;
    digest_of((BpStr){(const char *)out->data + behind, out->size - behind},
              out->data + offsetof(Header, digest));
}

/* Into a site of the same size, whose arrays and links stay its own. */
static void take_site(SimSite *site, const uint8_t *octets)
{
    Building *building = &site->building;
    const Building own = *building;
    memcpy(building, octets, sizeof *building);
    octets += sizeof *building;
    building->climate = own.climate;
    building->defects = own.defects;
    building->handlers = own.handlers;
    building->zones = own.zones;
    memcpy(own.handlers, octets, own.handler_count * sizeof *own.handlers);
    octets += own.handler_count * sizeof *own.handlers;
    memcpy(own.zones, octets, own.zone_count * sizeof *own.zones);
    octets += own.zone_count * sizeof *own.zones;
    for (size_t i = 0; i < site->device_count; i++)
        for (size_t j = 0; j < site->devices[i].count; j++, octets += sizeof(Written)) {
            SimObject *object = &site->devices[i].objects[j];
            Written written;
            memcpy(&written, octets, sizeof written);
            object->commanded = written.commanded;
            object->out_of_service = written.out_of_service;
            object->forced = written.forced;
            memcpy(object->slots, written.slots, sizeof object->slots);
            sim_object_apply(object);
        }
}

/* ---- going on ---- */

/* NULL: it is a state of this program and this building; else why it is not. */
static const char *problem_of(const SimState *state, const SimSite *site, const Header *header,
                              int64_t start_us, size_t size)
{
    const Header own = header_of(state, site);
    const size_t expected = sizeof own + sizeof(Building) + own.handlers * sizeof(AirHandler) +
                            own.zones * sizeof(Zone) + site->point_count * sizeof(Written);
    if (header->points != own.points || header->seed != own.seed ||
        header->weather_seed != own.weather_seed || header->climate != own.climate ||
        header->control != own.control)
        return "it is of another building";
    if (memcmp(header->program, own.program, sizeof own.program) != 0 || header->handlers != own.handlers ||
        header->zones != own.zones || size != expected)
        return "it is of another version of this program";
    if (header->clock_us > start_us)
        return "it is of a later time";
    return start_us - header->clock_us > AWAY_MAX_US ? "it is of more than 40 days ago" : NULL;
}

static BpStatus read_header(BpStr octets, Header *ret_header, BpError *err)
{
    const size_t behind = offsetof(Header, digest) + sizeof ret_header->digest;
    uint8_t digest[SIGN_DIGEST_SIZE];
    if (!octets.data || octets.size < sizeof *ret_header ||
        memcmp(octets.data, "BacPipes sim 1", sizeof "BacPipes sim 1") != 0)
        return bp_fail(err, BP_MALFORMED, "it is no state of a building");
    memcpy(ret_header, octets.data, sizeof *ret_header);
    digest_of((BpStr){octets.data + behind, octets.size - behind}, digest);
    if (memcmp(digest, ret_header->digest, sizeof digest) != 0)
        return bp_fail(err, BP_MALFORMED, "it is damaged");
    return BP_OK;
}

/* Registers never fall, whatever else could not be gone on with. */
static void raise_registers(Building *building, const Header *header)
{
    const double energy = header->energy - building->meter.energy.automatic,
                 gas = header->gas - building->meter.gas.automatic,
                 hours = header->run_hours - most_run_hours(building);
    building->meter.energy_before += energy > 0 ? energy : 0;
    building->meter.gas_before += gas > 0 ? gas : 0;
    for (size_t i = 0; hours > 0 && i < building->handler_count; i++)
        signal_set(&building->handlers[i].run_hours, building->handlers[i].run_hours.automatic + hours);
}

/* Where the state is of use, the site goes on from it. Returns whether its registers are to be heeded. */
static bool go_on(SimState *state, SimSite *site, int64_t start_us, Header *ret_header, bool *ret_is_taken)
{
    BpError err = {0};
    BpBuf octets = bp_buf_growing(OCTETS_MAX);
    *ret_header = (Header){0};
    char time[BP_TIME_TEXT_MAX];
    BpStatus status = read_whole(state->path, O_NOFOLLOW, &octets, &err);
    if (status == BP_OK)
        status = read_header(bp_buf_text(&octets), ret_header, &err);
    const char *problem =
        status == BP_OK ? problem_of(state, site, ret_header, start_us, octets.size) : err.text;
    *ret_is_taken = !problem;
    if (!problem) {
        take_site(site, octets.data + sizeof *ret_header);
        state->begun_us = ret_header->begun_us;
        bp_log(BP_LOG_INFO, "going on from %s", bp_time_format(ret_header->clock_us, 0, time));
    } else if (status != BP_NOT_FOUND) {
        bp_log(BP_LOG_WARNING, "the state in %s is left: %s; the building begins anew", state->path, problem);
    }
    bp_buf_done(&octets);
    return status == BP_OK && ret_header->clock_us <= start_us;
}

/* From very long ago it would take long: then from a few days before, when how it began no longer matters. */
static void begin(const SimSiteOptions *options, int64_t start_us, SimSite *site)
{
    SimSiteOptions near = *options;
    if (start_us - near.building.start_us > AWAY_MAX_US)
        near.building.start_us = start_us - NEAR_US;
    sim_site_init(site, &near);
    sim_site_age(site, start_us - near.building.start_us);
}

SimState *sim_state_begin(const char *path, const SimSiteOptions *options, int64_t start_us, SimSite *site)
{
    SimSiteOptions quick = *options;
    BpBuf program = bp_buf_growing(OCTETS_MAX);
    Header header = {0};
    bool is_taken;
    if (!path) {
        begin(options, start_us, site);
        return NULL;
    }
    SimState *state = calloc(1, sizeof *state);
    if (!state)
        abort();
    *state = (SimState){.path = path, .begun_us = options->building.start_us};
    if (read_whole("/proc/self/exe", 0, &program, NULL) == BP_OK)
        digest_of(bp_buf_text(&program), state->program);
    bp_buf_done(&program);
    quick.building.settle_us = BP_MINUTE; /* its state comes from the file */
    sim_site_init(site, &quick);
    const bool has_registers = go_on(state, site, start_us, &header, &is_taken);
    if (is_taken) {
        sim_site_age(site, start_us - site->building.clock_us);
        return state;
    }
    sim_site_done(site);
    begin(options, start_us, site);
    if (has_registers && header.points == site->point_count)
        raise_registers(&site->building, &header);
    return state;
}

void sim_state_keep(SimState *state, const SimSite *site, bool is_due)
{
    const int64_t now_us = bp_monotonic_us();
    if (!state || (is_due && now_us - state->kept_us < KEEP_EVERY_US))
        return;
    state->kept_us = now_us;
    BpBuf octets = bp_buf_growing(OCTETS_MAX);
    put_site(&octets, state, site);
    const bool is_kept = !octets.failed && write_whole(state->path, bp_buf_text(&octets));
    bp_buf_done(&octets);
    if (!is_kept && !state->is_failing)
        bp_log(BP_LOG_WARNING, "the state cannot be kept in %s: %s", state->path, bp_errno_text(errno));
    state->is_failing = !is_kept;
}

void sim_state_free(SimState *state)
{
    free(state);
}
