#include "io/secret/one_time.h"

#include "io/secret/secret.h"

#include <assert.h>
#include <ctype.h>
#include <liboath/oath.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { CODE_LENGTH = 6, GROUP = 4, GROUPS = 4 };
static_assert(ONE_TIME_RECOVERY_SIZE == GROUPS * (GROUP + 1), "letters, dashes between them, and a zero");

static void begin(void)
{
    if (sodium_init() < 0 || oath_init() != OATH_OK)
        abort();
}

void one_time_draw(uint8_t ret_secret[ONE_TIME_SECRET_SIZE])
{
    begin();
    randombytes_buf(ret_secret, ONE_TIME_SECRET_SIZE);
}

char *one_time_text(const uint8_t secret[ONE_TIME_SECRET_SIZE], char ret_text[ONE_TIME_SECRET_TEXT_SIZE])
{
    char *text = NULL;
    size_t size = 0;
    begin();
    if (oath_base32_encode((const char *)secret, ONE_TIME_SECRET_SIZE, &text, &size) != OATH_OK ||
        size != ONE_TIME_SECRET_TEXT_SIZE - 1)
        abort(); /* no memory: 160 bits are 32 letters */
    memcpy(ret_text, text, size);
    ret_text[size] = '\0';
    secret_wipe(text, size);
    free(text);
    return ret_text;
}

bool one_time_check(const uint8_t secret[ONE_TIME_SECRET_SIZE], BpStr code, int64_t now_s, int64_t last_step,
                    int64_t *ret_step)
{
    char typed[CODE_LENGTH + 1] = "", right[CODE_LENGTH + 1];
    size_t size = 0;
    bool is_fine = true;
    int64_t found = -1;
    for (size_t i = 0; is_fine && i < code.size; i++) {
        if (code.data[i] == ' ')
            continue;
        is_fine = size < CODE_LENGTH && code.data[i] >= '0' && code.data[i] <= '9';
        if (is_fine)
            typed[size++] = code.data[i];
    }
    if (!is_fine || size != CODE_LENGTH)
        return false;
    begin();
    const int64_t now = now_s / ONE_TIME_STEP_S;
    for (int64_t step = now - 1; step <= now + 1; step++) /* all three, whichever is right */
        if (oath_totp_generate((const char *)secret, ONE_TIME_SECRET_SIZE, (time_t)(step * ONE_TIME_STEP_S),
                               ONE_TIME_STEP_S, 0, CODE_LENGTH, right) == OATH_OK &&
            sodium_memcmp(typed, right, CODE_LENGTH) == 0 && step > last_step && found < 0)
            found = step;
    sodium_memzero(right, sizeof right);
    if (found >= 0)
        *ret_step = found;
    return found >= 0;
}

/* Base32 of RFC 4648 in small letters: no 0, 1 or 8, which are taken for others. */
static const char recovery_letters[] = "abcdefghijklmnopqrstuvwxyz234567";

char *one_time_recovery_draw(char ret_text[ONE_TIME_RECOVERY_SIZE])
{
    begin();
    for (int i = 0; i < ONE_TIME_RECOVERY_SIZE - 1; i++)
        ret_text[i] = i % (GROUP + 1) == GROUP ? '-' : recovery_letters[randombytes_uniform(32)];
    ret_text[ONE_TIME_RECOVERY_SIZE - 1] = '\0';
    return ret_text;
}

bool one_time_recovery_read(BpStr typed, char ret_text[ONE_TIME_RECOVERY_SIZE])
{
    size_t size = 0;
    for (size_t i = 0; i < typed.size; i++) {
        const char letter = (char)tolower((unsigned char)typed.data[i]);
        if (letter == '-' || letter == ' ')
            continue;
        if (size >= ONE_TIME_RECOVERY_SIZE - 1 || !letter || !strchr(recovery_letters, letter))
            return false;
        if (size % (GROUP + 1) == GROUP)
            ret_text[size++] = '-';
        ret_text[size++] = letter;
    }
    ret_text[size] = '\0';
    return size == ONE_TIME_RECOVERY_SIZE - 1;
}
