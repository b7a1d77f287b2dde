/* Accounts of people and programs that meet the private broker from other machines: a file each, in folder
 * secrets/broker of the data folder. `bacpipes account` writes them, and `bacpipes up` has Mosquitto know
 * them. They read what they were given. One that `writes` may publish commands, on its own topic, and nothing
 * else; the others nothing at all. Of a password only its hash is kept. */
#ifndef SITE_ACCOUNTS_H
#define SITE_ACCOUNTS_H

#include "base/arena.h"
#include "base/error.h"

enum {
    SITE_ACCOUNT_NAME_MAX = 32,
    SITE_ACCOUNT_TOPICS_MAX = 16,
    SITE_ACCOUNTS_MAX = 256,
    SITE_TOPIC_MAX = 200
};

typedef struct SiteAccount {
    const char *name;                            /* 1 to 32 of a-z A-Z 0-9 _ - . */
    const char *hash;                            /* of its password, as io/tls/password.h makes it */
    const char *topics[SITE_ACCOUNT_TOPICS_MAX]; /* whole ones, with + and #, that it may read */
    size_t topic_count;
    bool writes; /* commands on SITE_COMMAND_TOPIC/<name>, whose answers it may read on
                    SITE_RESULT_TOPIC/<name> */
} SiteAccount;

#define SITE_COMMAND_TOPIC "bacnet/write/command"
#define SITE_RESULT_TOPIC  "bacnet/write/result"

typedef struct SiteAccounts {
    SiteAccount *items; /* by name */
    size_t count;
} SiteAccounts;

/* BP_INVALID, with what would be right. */
BpStatus site_account_check_name(const char *name, BpError *err) BP_CHECKED;
/* One that writes is the source of commands of that name, and sources have fewer letters. */
BpStatus site_account_check_source(const char *name, BpError *err) BP_CHECKED;
BpStatus site_account_check_topic(const char *topic, BpError *err) BP_CHECKED;

/* Their folder, in the arena. */
const char *site_accounts_folder(const char *data_folder, BpArena *arena);

/* All that there are, in the arena; none where there is no such folder. A file that is no account is told to
 * `on_wrong` (NULL: nobody) and left out. BP_UNAVAILABLE: the folder cannot be read. */
BpStatus site_accounts_read(const char *folder, void (*on_wrong)(const BpError *err), BpArena *arena,
                            SiteAccounts *ret_accounts, BpError *err) BP_CHECKED;

/* Makes one, and the folder where it is missing. Whole or not at all; at once for good. BP_CONFLICT: there is
 * one of that name; BP_FULL: there are SITE_ACCOUNTS_MAX. */
BpStatus site_account_add(const char *folder, const SiteAccount *account, BpError *err) BP_CHECKED;

/* BP_NOT_FOUND: there is none. */
BpStatus site_account_remove(const char *folder, const char *name, BpError *err) BP_CHECKED;

#endif
