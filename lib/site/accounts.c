#include "site/accounts.h"

#include "base/buf.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_MAX_OCTETS = 4096, FILE_MAX = 8192 };
static const char source_letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_-";
static const char name_letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";

/* ---- what may be ---- */

BpStatus site_account_check_name(const char *name, BpError *err)
{
    const size_t size = strlen(name);
    if (size >= 1 && size <= SITE_ACCOUNT_NAME_MAX && strspn(name, name_letters) == size && *name != '.')
        return BP_OK;
    return bp_fail(err, BP_INVALID,
                   "%.64s cannot be an account's name: 1 to %d of a-z A-Z 0-9 _ - . and no dot in front",
                   name, SITE_ACCOUNT_NAME_MAX);
}

BpStatus site_account_check_source(const char *name, BpError *err)
{
    const size_t size = strlen(name);
    if (size >= 1 && size <= SITE_ACCOUNT_NAME_MAX && strspn(name, source_letters) == size)
        return BP_OK;
    return bp_fail(err, BP_INVALID,
                   "%.64s cannot be the name of an account that writes: 1 to %d of a-z 0-9 _ -", name,
                   SITE_ACCOUNT_NAME_MAX);
}

/* MQTT 3.1.1, clause 4.7: + is a level of its own, and so is #, the last. */
static bool has_wildcards_in_place(const char *topic)
{
    for (size_t i = 0; topic[i]; i++) {
        const bool begins = i == 0 || topic[i - 1] == '/', ends = !topic[i + 1] || topic[i + 1] == '/';
        if ((topic[i] == '+' && !(begins && ends)) || (topic[i] == '#' && !(begins && !topic[i + 1])))
            return false;
    }
    return true;
}

BpStatus site_account_check_topic(const char *topic, BpError *err)
{
    const size_t size = strlen(topic);
    const char *wrong = size == 0                                 ? "is empty"
                        : size > SITE_TOPIC_MAX                   ? "is too long"
                        : *topic == '$'                           ? "is the broker's own"
                        : !bp_str_is_utf8(bp_str(topic))          ? "is not UTF-8"
                        : !has_wildcards_in_place(topic)          ? "has + or # in a wrong place"
                        : bp_str_trim(bp_str(topic)).size != size ? "has blanks at an end"
                                                                  : NULL;
    for (size_t i = 0; !wrong && i < size; i++)
        if ((unsigned char)topic[i] < ' ' || topic[i] == 0x7F)
            wrong = "has control characters";
    return wrong ? bp_fail(err, BP_INVALID,
                           "topic %.64s %s: write one such as bacpipes/site/points/#, with + "
                           "for one level and # for all that follow",
                           topic, wrong)
                 : BP_OK;
}

const char *site_accounts_folder(const char *data_folder, BpArena *arena)
{
    char path[PATH_MAX_OCTETS + 32];
    snprintf(path, sizeof path, "%.*s/secrets/broker", PATH_MAX_OCTETS, data_folder);
    return bp_arena_text(arena, bp_str(path));
}

/* ---- a file ---- */

/* A link is followed nowhere, and a pipe not waited for. */
static BpStatus read_file(const char *path, char ret_text[FILE_MAX], BpError *err)
{
    struct stat status;
    const int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return bp_fail(err, BP_UNAVAILABLE, "%s: %s", path, bp_errno_text(errno));
    ssize_t size = -1;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size < FILE_MAX)
        size = read(fd, ret_text, FILE_MAX - 1);
    close(fd);
    if (size < 0)
        return bp_fail(err, BP_INVALID, "%s is no account: remove it", path);
    ret_text[size] = '\0';
    return BP_OK;
}

static BpStatus take_line(SiteAccount *account, BpStr line, BpArena *arena, BpError *err)
{
    BpStr value;
    const BpStr key = bp_str_cut(line, ' ', &value);
    const char *text = value.data ? bp_arena_text(arena, value) : "";
    if (bp_str_equal(key, bp_str("password")) && text[0] == '$' && !strpbrk(text, ": \t\r")) {
        account->hash = text;
        return BP_OK;
    }
    if (bp_str_equal(key, bp_str("writes")) && bp_str_equal(bp_str(text), bp_str("commands"))) {
        account->writes = true;
        return site_account_check_source(account->name, err);
    }
    if (!bp_str_equal(key, bp_str("topic")) || account->topic_count == SITE_ACCOUNT_TOPICS_MAX)
        return bp_fail(err, BP_INVALID, "the line \"%.*s\" is none of an account", BP_STR_ARGS(key));
    BP_TRY(site_account_check_topic(text, err));
    account->topics[account->topic_count++] = text;
    return BP_OK;
}

static BpStatus read_account(const char *folder, const char *name, BpArena *arena, SiteAccount *ret_account,
                             BpError *err)
{
    char path[PATH_MAX_OCTETS + 320], text[FILE_MAX];
    SiteAccount account = {.name = bp_arena_text(arena, bp_str(name))};
    snprintf(path, sizeof path, "%.*s/%.255s", PATH_MAX_OCTETS, folder, name);
    BP_TRY(site_account_check_name(name, err));
    BP_TRY(read_file(path, text, err));
    for (BpStr rest = bp_str(text); rest.size;)
        if (take_line(&account, bp_str_cut(rest, '\n', &rest), arena, err) != BP_OK)
            return bp_within(err, "%s", path);
    if (!account.hash)
        return bp_fail(err, BP_INVALID,
                       "%s has no line \"password ...\": remove it, and add the account anew", path);
    *ret_account = account;
    return BP_OK;
}

/* ---- all of them ---- */

static int compare(const void *a, const void *b)
{
    return strcmp(((const SiteAccount *)a)->name, ((const SiteAccount *)b)->name);
}

/* Drafts begin with a dot. */
static size_t read_all(DIR *entries, const char *folder, void (*on_wrong)(const BpError *err), BpArena *arena,
                       SiteAccount *ret_items)
{
    size_t count = 0;
    BpError wrong;
    for (const struct dirent *entry; count < SITE_ACCOUNTS_MAX && (entry = readdir(entries)) != NULL;) {
        if (*entry->d_name == '.')
            continue;
        if (read_account(folder, entry->d_name, arena, &ret_items[count], &wrong) == BP_OK)
            count++;
        else if (on_wrong)
            on_wrong(&wrong);
    }
    return count;
}

BpStatus site_accounts_read(const char *folder, void (*on_wrong)(const BpError *err), BpArena *arena,
                            SiteAccounts *ret_accounts, BpError *err)
{
    *ret_accounts = (SiteAccounts){0};
    DIR *entries = opendir(folder);
    if (!entries && errno == ENOENT)
        return BP_OK;
    if (!entries)
        return bp_fail(err, BP_UNAVAILABLE, "%s: %s", folder, bp_errno_text(errno));
    SiteAccount *items = bp_arena_take(arena, SITE_ACCOUNTS_MAX * sizeof *items);
    const size_t count = read_all(entries, folder, on_wrong, arena, items);
    closedir(entries);
    qsort(items, count, sizeof *items, compare);
    *ret_accounts = (SiteAccounts){.items = items, .count = count};
    return BP_OK;
}

/* ---- one more, one less ---- */

static BpStatus write_draft(const char *path, BpStr text, BpError *err)
{
    const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return bp_fail(err, BP_UNAVAILABLE, "%s: %s", path, bp_errno_text(errno));
    const bool is_whole = write(fd, text.data, text.size) == (ssize_t)text.size && fsync(fd) == 0;
    const int number = errno;
    close(fd);
    if (!is_whole)
        unlink(path);
    return is_whole ? BP_OK : bp_fail(err, BP_UNAVAILABLE, "%s: %s", path, bp_errno_text(number));
}

/* A link to the draft is made where there is no such file, and nowhere else. */
static BpStatus write_account(const char *folder, const SiteAccount *account, BpStr text, BpError *err)
{
    char draft[PATH_MAX_OCTETS + 320], path[PATH_MAX_OCTETS + 320];
    snprintf(draft, sizeof draft, "%.*s/.%s.%d", PATH_MAX_OCTETS, folder, account->name, (int)getpid());
    snprintf(path, sizeof path, "%.*s/%s", PATH_MAX_OCTETS, folder, account->name);
    BP_TRY(write_draft(draft, text, err));
    const int number = link(draft, path) == 0 ? 0 : errno;
    unlink(draft);
    if (number == EEXIST)
        return bp_fail(err, BP_CONFLICT,
                       "there is an account %s already: remove it first, or choose another name",
                       account->name);
    return number ? bp_fail(err, BP_UNAVAILABLE, "%s: %s", path, bp_errno_text(number)) : BP_OK;
}

BpStatus site_account_add(const char *folder, const SiteAccount *account, BpError *err)
{
    BpArena arena = {0};
    SiteAccounts accounts;
    if (mkdir(folder, 0700) != 0 && errno != EEXIST)
        return bp_fail(err, BP_UNAVAILABLE, "%s cannot be made: %s", folder, bp_errno_text(errno));
    BpStatus status = site_accounts_read(folder, NULL, &arena, &accounts, err);
    if (status == BP_OK && accounts.count >= SITE_ACCOUNTS_MAX)
        status = bp_fail(err, BP_FULL, "there are %d accounts: remove one first", SITE_ACCOUNTS_MAX);
    BpBuf text = bp_buf_growing(FILE_MAX - 1);
    bp_buf_printf(&text, "password %s\n%s", account->hash, account->writes ? "writes commands\n" : "");
    for (size_t i = 0; i < account->topic_count; i++)
        bp_buf_printf(&text, "topic %s\n", account->topics[i]);
    if (status == BP_OK)
        status = write_account(folder, account, bp_buf_text(&text), err);
    bp_buf_done(&text);
    bp_arena_done(&arena);
    return status;
}

BpStatus site_account_remove(const char *folder, const char *name, BpError *err)
{
    char path[PATH_MAX_OCTETS + 320];
    BP_TRY(site_account_check_name(name, err));
    snprintf(path, sizeof path, "%.*s/%s", PATH_MAX_OCTETS, folder, name);
    if (unlink(path) == 0)
        return BP_OK;
    return errno == ENOENT
               ? bp_fail(err, BP_NOT_FOUND, "there is no account %s: `bacpipes account list`", name)
               : bp_fail(err, BP_UNAVAILABLE, "%s: %s", path, bp_errno_text(errno));
}
