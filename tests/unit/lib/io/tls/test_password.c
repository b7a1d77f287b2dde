#include "io/tls/password.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* What mosquitto_passwd 2.0.11 made of "two", and the salt that it drew. */
static void a_hash_is_what_mosquitto_makes(void **state)
{
    (void)state;
    static const uint8_t salt[TLS_SALT_SIZE] = {0x82, 0xA4, 0x06, 0x46, 0x86, 0xFC,
                                                0xAC, 0xEE, 0x98, 0x9F, 0xC0, 0x4C};
    char hash[TLS_HASH_TEXT_MAX];
    tls_password_hash_with("two", salt, hash);
    assert_string_equal(hash, "$7$101$gqQGRob8rO6Yn8BM$Lnt7ydrZVWlnD1E78NycGxubYULzgt78d8rWjZP99Tjr5KTt2BSh/"
                              "iLB114rcwd8jPZtAGho8qCBU1h5+NVM0w==");
}

static void a_password_is_drawn_and_its_salt_too(void **state)
{
    (void)state;
    char one[TLS_PASSWORD_LETTERS + 1], other[TLS_PASSWORD_LETTERS + 1];
    char hash[TLS_HASH_TEXT_MAX], again[TLS_HASH_TEXT_MAX];
    BpError err;
    assert_int_equal(tls_password_draw(one, &err), BP_OK);
    assert_int_equal(tls_password_draw(other, &err), BP_OK);
    assert_int_equal(strspn(one, "abcdefghijkmnpqrstuvwxyz23456789"), TLS_PASSWORD_LETTERS);
    assert_string_not_equal(one, other);
    assert_int_equal(tls_password_hash(one, hash, &err), BP_OK);
    assert_int_equal(tls_password_hash(one, again, &err), BP_OK);
    assert_string_not_equal(hash, again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hash_is_what_mosquitto_makes),
        cmocka_unit_test(a_password_is_drawn_and_its_salt_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
