#include "io/secret/secret.h"

#include "io/sign/sign.h"

#include <assert.h>
#include <ctype.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static_assert(SECRET_DIGEST_SIZE == 2 * SIGN_DIGEST_SIZE + 1, "a digest in hexadecimal digits");

char *secret_draw(char ret_text[SECRET_TEXT_SIZE])
{
    uint8_t octets[32];
    if (sodium_init() < 0)
        abort(); /* no random numbers: nothing would be secret */
    randombytes_buf(octets, sizeof octets);
    sodium_bin2base64(ret_text, SECRET_TEXT_SIZE, octets, sizeof octets,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    sodium_memzero(octets, sizeof octets);
    return ret_text;
}

bool secret_is_drawn(BpStr text)
{
    bool is_fine = text.size == SECRET_TEXT_SIZE - 1;
    for (size_t i = 0; is_fine && i < text.size; i++) {
        const unsigned char letter = (unsigned char)text.data[i];
        is_fine = letter < 0x80 && (isalnum(letter) || letter == '-' || letter == '_');
    }
    return is_fine;
}

char *secret_digest_parts(const BpStr *parts, size_t count, char ret_digest[SECRET_DIGEST_SIZE])
{
    uint8_t digest[SIGN_DIGEST_SIZE];
    sign_digest(parts, count, digest);
    return sign_hex(digest, sizeof digest, ret_digest);
}

char *secret_digest(BpStr secret, char ret_digest[SECRET_DIGEST_SIZE])
{
    return secret_digest_parts(&secret, 1, ret_digest);
}

bool secret_is_equal(BpStr one, BpStr other)
{
    return one.size == other.size && sodium_memcmp(one.data, other.data, one.size) == 0;
}

void secret_wipe(void *octets, size_t size)
{
    sodium_memzero(octets, size);
}

/* ---- what people type ---- */

static size_t count_letters(BpStr text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.size; i++)
        count += ((unsigned char)text.data[i] & 0xC0) != 0x80; /* not the rest of a letter in UTF-8 */
    return count;
}

static bool begins_with(BpStr text, BpStr word)
{
    return word.size <= text.size && strncasecmp(text.data, word.data, word.size) == 0;
}

/* Whether too little of a password is left without a word that is somewhere in it, however often. */
static bool follows_from(BpStr text, BpStr word)
{
    size_t letters = count_letters(text), found = 0;
    while (text.size) {
        const bool is_here = begins_with(text, word);
        const size_t size = is_here ? word.size : 1;
        found += is_here;
        text = (BpStr){text.data + size, text.size - size};
    }
    return found && letters < found * count_letters(word) + SECRET_PASSWORD_LEAST;
}

/* What most of those begin with that are tried first (capitals or not). */
static bool is_common(BpStr text)
{
    static const char *const beginnings[] = {"123456",  "1q2w3e",   "abc123",   "admin",    "asdf",
                                             "bacnet",  "bacpipes", "changeme", "default",  "iloveyou",
                                             "letmein", "passw0rd", "password", "passwort", "qwerty",
                                             "qwertz",  "secret",   "senha",    "welcome",  "zaq12wsx"};
    bool is_one = false;
    for (size_t i = 0; !is_one && i < sizeof beginnings / sizeof beginnings[0]; i++) {
        const BpStr word = bp_str(beginnings[i]);
        is_one = begins_with(text, word) && follows_from(text, word);
    }
    return is_one;
}

/* "aaaaaaaaaaaa", "pumps1pumps2", "Boiler boiler": a piece that would be too short by itself, again and
 * again, whatever digits and signs are between. */
static bool is_repetition(BpStr text)
{
    char word[SECRET_PASSWORD_MOST];
    size_t size = 0;
    for (size_t i = 0; i < text.size; i++)
        if (!isascii((unsigned char)text.data[i]) || isalpha((unsigned char)text.data[i]))
            word[size++] = (char)tolower((unsigned char)text.data[i]);
    if (size < text.size / 2) { /* digits and signs are what it is made of */
        memcpy(word, text.data, text.size);
        size = text.size;
    }
    bool is_one = false;
    for (size_t period = 1; !is_one && 2 * period <= size; period++) {
        is_one = count_letters((BpStr){word, period}) < SECRET_PASSWORD_LEAST;
        for (size_t i = period; is_one && i < size; i++)
            is_one = word[i] == word[i - period];
    }
    secret_wipe(word, sizeof word);
    return is_one;
}

/* "abcdefghijkl", "123456789012": each one more than the one before, around the end of the digits. */
static bool is_sequence(BpStr text)
{
    bool is_one = true;
    for (size_t i = 1; is_one && i < text.size; i++)
        is_one = text.data[i] == text.data[i - 1] + 1 || (text.data[i - 1] == '9' && text.data[i] == '0');
    return is_one;
}

bool secret_password_is_fit(BpStr password, BpStr user, char ret_problem[SECRET_PASSWORD_PROBLEM_MAX])
{
    enum { NAME_LEAST = 3 }; /* a name of two letters is in many a password */
    const char *problem = NULL;
    const size_t letters = count_letters(password);
    if (letters < SECRET_PASSWORD_LEAST) {
        snprintf(ret_problem, SECRET_PASSWORD_PROBLEM_MAX,
                 "the password has %zu letters: at least %d are needed, for instance four words", letters,
                 SECRET_PASSWORD_LEAST);
        return false;
    }
    if (password.size > SECRET_PASSWORD_MOST)
        problem = "the password is too long: at most 1024 octets are taken";
    else if (memchr(password.data, '\0', password.size))
        problem = "the password has a zero octet, which nobody types";
    else if (user.size >= NAME_LEAST && follows_from(password, user))
        problem =
            "the password has the user's name in it: choose one that does not follow from the name, for "
            "instance four words";
    else if (is_repetition(password))
        problem = "the password is one short word again and again: choose another, for instance four words";
    else if (is_sequence(password) || is_common(password))
        problem =
            "the password is a sequence that everybody tries first: choose another, for instance four words";
    if (problem)
        snprintf(ret_problem, SECRET_PASSWORD_PROBLEM_MAX, "%s", problem);
    return !problem;
}
