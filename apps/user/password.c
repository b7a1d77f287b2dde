/* A password, from a file or from whoever sits at the terminal. */
#include "apps/user/user.h"

#include "config/secret.h"
#include "io/secret/hasher.h"
#include "io/secret/secret.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* A line without its end, not shown while it is typed. */
static BpStatus read_line(const char *prompt, char *ret_text, size_t size, BpError *err)
{
    struct termios before, silent;
    if (tcgetattr(STDIN_FILENO, &before) != 0)
        return bp_fail(err, BP_UNAVAILABLE, "the terminal: %s", bp_errno_text(errno));
    silent = before;
    silent.c_lflag &= ~(tcflag_t)ECHO;
    fprintf(stderr, "%s", prompt);
    if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) != 0)
        return bp_fail(err, BP_UNAVAILABLE, "the terminal: %s", bp_errno_text(errno));
    const char *line = fgets(ret_text, (int)size, stdin);
    (void)!tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    fprintf(stderr, "\n");
    if (!line)
        return bp_fail(err, BP_INVALID, "nothing was typed: nothing is changed");
    ret_text[strcspn(ret_text, "\r\n")] = '\0';
    return BP_OK;
}

static BpStatus type_twice(char *ret_password, size_t size, BpError *err)
{
    char again[SECRET_PASSWORD_MOST + 2] = "";
    if (!isatty(STDIN_FILENO))
        return bp_fail(
            err, BP_INVALID,
            "nobody is at a terminal to type the password: --password-file FILE names a file that has it "
            "in its first line");
    BP_TRY(read_line("New password: ", ret_password, size, err));
    const BpStatus status = read_line("Once more: ", again, sizeof again, err);
    const bool is_same = status == BP_OK && secret_is_equal(bp_str(ret_password), bp_str(again));
    secret_wipe(again, sizeof again);
    if (status != BP_OK)
        return status;
    return is_same ? BP_OK : bp_fail(err, BP_INVALID, "the two differ: nothing is changed");
}

static BpStatus hash(const char *password, const char *name, BpArena *arena, const char **ret_hash,
                     BpError *err)
{
    char problem[SECRET_PASSWORD_PROBLEM_MAX], made[SECRET_HASH_SIZE];
    if (!secret_password_is_fit(bp_str(password), bp_str(name), problem))
        return bp_fail(err, BP_INVALID, "%s", problem);
    if (!secret_hash_now(bp_str(password), made))
        return bp_fail(err, BP_UNAVAILABLE, "hashing a password takes 64 MiB of memory, which there are not");
    *ret_hash = bp_arena_text(arena, bp_str(made));
    return BP_OK;
}

BpStatus user_read_password(const char *file, const char *name, BpArena *arena, const char **ret_hash,
                            BpError *err)
{
    char typed[SECRET_PASSWORD_MOST + 2] = "";
    const char *kept = NULL;
    if (file) {
        if (cfg_secret_read(file, arena, &kept, err) != BP_OK)
            return bp_within(err, "--password-file");
        return hash(kept, name, arena, ret_hash, err);
    }
    BpStatus status = type_twice(typed, sizeof typed, err);
    if (status == BP_OK)
        status = hash(typed, name, arena, ret_hash, err);
    secret_wipe(typed, sizeof typed);
    return status;
}
