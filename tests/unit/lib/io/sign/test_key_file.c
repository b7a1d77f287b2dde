#include "io/sign/key_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

typedef struct Place {
    char folder[64], key[128], pub[128];
} Place;

static int begin(void **state)
{
    Place *place = calloc(1, sizeof *place);
    snprintf(place->folder, sizeof place->folder, "/tmp/sign.XXXXXX");
    if (!mkdtemp(place->folder))
        return -1;
    snprintf(place->key, sizeof place->key, "%s/journal.key", place->folder);
    snprintf(place->pub, sizeof place->pub, "%s/journal.pub", place->folder);
    *state = place;
    return 0;
}

static int end(void **state)
{
    Place *place = *state;
    unlink(place->key);
    unlink(place->pub);
    const int code = rmdir(place->folder); /* no draft is left */
    free(place);
    return code;
}

static void write_text(const char *path, const char *text, mode_t mode)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    assert_int_equal(chmod(path, mode), 0);
}

/* SHA-256 of FIPS 180-2, appendix B.1, in two parts. */
static void a_digest_is_sha256_of_all_parts(void **state)
{
    (void)state;
    uint8_t digest[SIGN_DIGEST_SIZE];
    char text[2 * SIGN_DIGEST_SIZE + 1];
    const BpStr parts[] = {bp_str("a"), {NULL, 0}, bp_str("bc")};
    sign_digest(parts, 3, digest);
    assert_string_equal(sign_hex(digest, sizeof digest, text),
                        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

/* RFC 8032, clause 7.1, test 3. */
static void a_signature_is_that_of_the_standard(void **state)
{
    (void)state;
    uint8_t seed[SIGN_SEED_SIZE], signature[SIGN_SIGNATURE_SIZE];
    char text[2 * SIGN_SIGNATURE_SIZE + 1];
    assert_true(sign_from_hex(bp_str("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7"),
                              seed, sizeof seed));
    SignKey *key = sign_key_from_seed(seed);
    assert_string_equal(sign_hex(sign_key_public(key), SIGN_PUBLIC_SIZE, text),
                        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025");
    sign_make(key, bp_str("\xaf\x82"), signature);
    assert_string_equal(sign_hex(signature, sizeof signature, text),
                        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
                        "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a");
    assert_true(sign_is_valid(sign_key_public(key), bp_str("\xaf\x82"), signature));
    assert_false(sign_is_valid(sign_key_public(key), bp_str("\xaf\x83"), signature));
    signature[40] ^= 1;
    assert_false(sign_is_valid(sign_key_public(key), bp_str("\xaf\x82"), signature));
    sign_key_free(key);
}

static void only_digits_of_the_right_number_are_hexadecimal(void **state)
{
    (void)state;
    uint8_t octets[2];
    assert_true(sign_from_hex(bp_str("00Ff"), octets, 2));
    assert_int_equal(octets[1], 0xFF);
    static const char *const wrong[] = {"", "00f", "00ff0", "00ff00", "00fg", " 0ff", "0x0f"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(sign_from_hex(bp_str(wrong[i]), octets, 2));
}

static void a_key_is_made_once_and_for_us_alone(void **state)
{
    const Place *place = *state;
    SignKey *one, *other;
    bool is_new;
    BpError err;
    struct stat status;
    assert_int_equal(sign_key_file_open(place->key, &one, &is_new, &err), BP_OK);
    assert_true(is_new);
    assert_int_equal(stat(place->key, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_int_equal(sign_key_file_open(place->key, &other, &is_new, &err), BP_OK);
    assert_false(is_new);
    assert_memory_equal(sign_key_public(one), sign_key_public(other), SIGN_PUBLIC_SIZE);
    sign_key_free(one);
    sign_key_free(other);
}

static void a_broken_key_is_refused_and_left_as_it_is(void **state)
{
    const Place *place = *state;
    static const char *const wrong[] = {"", "\n", "12", "hello\n"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        SignKey *key;
        bool is_new;
        BpError err;
        char text[16] = "";
        write_text(place->key, wrong[i], 0600);
        assert_int_equal(sign_key_file_open(place->key, &key, &is_new, &err), BP_INVALID);
        assert_non_null(strstr(err.text, "is no key"));
        FILE *file = fopen(place->key, "r");
        assert_int_equal(fread(text, 1, sizeof text - 1, file), strlen(wrong[i]));
        fclose(file);
        assert_string_equal(text, wrong[i]);
    }
}

static void a_key_that_others_may_read_is_refused(void **state)
{
    const Place *place = *state;
    SignKey *key;
    bool is_new;
    BpError err;
    assert_int_equal(sign_key_file_open(place->key, &key, &is_new, &err), BP_OK);
    sign_key_free(key);
    assert_int_equal(chmod(place->key, 0640), 0);
    assert_int_equal(sign_key_file_open(place->key, &key, &is_new, &err), BP_INVALID);
    assert_non_null(strstr(err.text, "chmod 600"));
}

static void no_link_is_followed(void **state)
{
    const Place *place = *state;
    SignKey *key;
    bool is_new;
    BpError err;
    assert_int_equal(symlink("/nowhere/at/all", place->key), 0);
    assert_int_equal(sign_key_file_open(place->key, &key, &is_new, &err), BP_UNAVAILABLE);
}

static void a_public_key_is_written_and_read(void **state)
{
    const Place *place = *state;
    uint8_t one[SIGN_PUBLIC_SIZE] = {1, 2, 3}, other[SIGN_PUBLIC_SIZE] = {9}, read[SIGN_PUBLIC_SIZE];
    BpError err;
    assert_int_equal(sign_public_file_read(place->pub, read, &err), BP_NOT_FOUND);
    assert_int_equal(sign_public_file_write(place->pub, one, &err), BP_OK);
    assert_int_equal(sign_public_file_write(place->pub, other, &err), BP_OK);
    assert_int_equal(sign_public_file_read(place->pub, read, &err), BP_OK);
    assert_memory_equal(read, other, sizeof read);
    write_text(place->pub, "nonsense", 0644);
    assert_int_equal(sign_public_file_read(place->pub, read, &err), BP_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_digest_is_sha256_of_all_parts),
        cmocka_unit_test(a_signature_is_that_of_the_standard),
        cmocka_unit_test(only_digits_of_the_right_number_are_hexadecimal),
        cmocka_unit_test_setup_teardown(a_key_is_made_once_and_for_us_alone, begin, end),
        cmocka_unit_test_setup_teardown(a_broken_key_is_refused_and_left_as_it_is, begin, end),
        cmocka_unit_test_setup_teardown(a_key_that_others_may_read_is_refused, begin, end),
        cmocka_unit_test_setup_teardown(no_link_is_followed, begin, end),
        cmocka_unit_test_setup_teardown(a_public_key_is_written_and_read, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
