/* The collector beside us: it runs, but does it have its port? */
#include "apps/doctor/doctor.h"
#include "site/database.h"

#include "bacnet/wire/address.h"
#include "io/bip/port.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* It holds the lock of its spool for as long as it runs. */
static bool is_running(const char *data_folder)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/spool/lock", data_folder);
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return false; /* or not ours to know */
    const bool is_held = flock(fd, LOCK_SH | LOCK_NB) != 0;
    close(fd);
    return is_held;
}

typedef struct Settings {
    Cfg cfg;
    BpArena *arena;
} Settings;

static void apply(void *context, const PgRows *rows, size_t row)
{
    Settings *settings = context;
    /* What is wrong there is not in force. */
    (void)!cfg_apply(&settings->cfg, settings->arena, pg_get_text(rows, row, 0), pg_get_text(rows, row, 1),
                     NULL);
}

/* The settings as the collector has them. */
static BpStatus read_settings(const Doctor *doctor, Settings *settings)
{
    SiteDatabase database;
    const PgValue site = pg_text(bp_str(doctor->cfg->site));
    BpStatus status = site_database_open(&database, doctor->cfg, doctor->arena, NULL);
    if (status == BP_OK)
        status = site_database_ask(&database, SQL_SELECT_SETTINGS, &site, 1, apply, settings, NULL);
    site_database_close(&database);
    return status;
}

/* Somebody else's port is look_at_port's to tell, and so is one that nobody can be seen to have. */
static bool is_port_held(const Cfg *cfg)
{
    BpError err = {0};
    BacAddress address = {0};
    char pid[16], name[64];
    if (bac_address_parse(bp_str(cfg->bacnet_address), &address, NULL) != BP_OK)
        return true;
    LoopAddress bind = {.port = (uint16_t)cfg->bacnet_port};
    memcpy(bind.ip, address.ip, sizeof bind.ip);
    Loop *loop = loop_new();
    LoopUdp *udp = loop_udp_new(loop, &bind, false, NULL, NULL, &err);
    const bool is_free = udp != NULL;
    loop_udp_free(udp);
    loop_free(loop);
    if (is_free || err.status != BP_CONFLICT)
        return false;
    return !bip_port_holder(bind.port, pid, name) || strcmp(name, "bacpipes") == 0;
}

void doctor_look_at_collector(Doctor *doctor)
{
    const char *data = doctor->cfg->data_folder;
    Settings settings = {.cfg = *doctor->cfg, .arena = doctor->arena};
    if (!is_running(data) || read_settings(doctor, &settings) != BP_OK || is_port_held(&settings.cfg))
        return;
    doctor_say(
        doctor, DOCTOR_WRONG, "collector",
        "the collector of %s is not on the BACnet network: it runs, and does not have UDP port %d at %s",
        data, (int)settings.cfg.bacnet_port, settings.cfg.bacnet_address);
    doctor_mend(
        doctor,
        "%s/log/collect.log says why; it tries again by itself, every 30 s at least, and at once when "
        "bacnet.address or bacnet.port is set in table setting",
        data);
}
