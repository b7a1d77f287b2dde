#include "io/secret/secret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void what_is_drawn_has_its_shape_and_is_another_each_time(void **state)
{
    (void)state;
    char one[SECRET_TEXT_SIZE], other[SECRET_TEXT_SIZE];
    secret_draw(one);
    for (int i = 0; i < 1000; i++) {
        assert_true(secret_is_drawn(bp_str(secret_draw(other))));
        assert_string_not_equal(one, other);
    }
    assert_false(secret_is_drawn(bp_str("")));
    assert_false(secret_is_drawn((BpStr){one, sizeof one - 2}));
    other[7] = '/';
    assert_false(secret_is_drawn(bp_str(other)));
    other[7] = '\xC3';
    assert_false(secret_is_drawn(bp_str(other)));
}

static void a_digest_is_sha_256_of_all_parts(void **state)
{
    (void)state;
    char digest[SECRET_DIGEST_SIZE], of_parts[SECRET_DIGEST_SIZE];
    const BpStr parts[] = {bp_str("a"), bp_str(""), bp_str("bc")};
    assert_string_equal(secret_digest(bp_str("abc"), digest),
                        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_string_equal(secret_digest_parts(parts, 3, of_parts), digest);
}

static void secrets_are_equal_whole_or_not_at_all(void **state)
{
    (void)state;
    assert_true(secret_is_equal(bp_str("abc"), bp_str("abc")));
    assert_true(secret_is_equal(bp_str(""), bp_str("")));
    assert_false(secret_is_equal(bp_str("abc"), bp_str("abd")));
    assert_false(secret_is_equal(bp_str("abc"), bp_str("ab")));
    assert_false(secret_is_equal(bp_str(""), bp_str("a")));
}

static void assert_fit(const char *password, const char *user)
{
    char problem[SECRET_PASSWORD_PROBLEM_MAX] = "";
    if (!secret_password_is_fit(bp_str(password), bp_str(user), problem))
        fail_msg("\"%s\": %s", password, problem);
}

static void assert_unfit(const char *password, const char *user, const char *why)
{
    char problem[SECRET_PASSWORD_PROBLEM_MAX] = "";
    assert_false(secret_password_is_fit(bp_str(password), bp_str(user), problem));
    assert_non_null(strstr(problem, why));
}

static void a_password_has_twelve_letters_whatever_they_are(void **state)
{
    (void)state;
    assert_fit("correct horse", "anna");
    assert_fit("            x", "anna");
    assert_fit("冷氣機房的鑰匙在門口旁邊", "anna"); /* 12 letters, 36 octets */
    assert_unfit("冷氣機房的鑰匙", "anna", "has 7 letters: at least 12");
    assert_unfit("", "anna", "has 0 letters");
    assert_unfit("elevenlette", "anna", "has 11 letters");
}

static void a_password_does_not_follow_from_the_name_or_from_the_keyboard(void **state)
{
    (void)state;
    assert_unfit("Anna-building", "anna", "user's name");
    assert_fit("my sister anna likes oranges", "anna"); /* enough is left without it */
    assert_fit("a correct horse", "a");
    assert_unfit("admin admin admin", "admin", "user's name");
    assert_unfit("Admin1admin2ADMIN3", "admin", "user's name");
    assert_unfit("admin20262027", "admin", "user's name");
    assert_fit("anna and anna and nobody else", "anna");
    assert_unfit("aaaaaaaaaaaaaaa", "bob", "again and again");
    assert_unfit("abcabcabcabcabc", "bob", "again and again");
    assert_unfit("bacpipesbacpipes", "bob", "again and again");
    assert_unfit("Boiler boiler!", "bob", "again and again");
    assert_unfit("pumps1pumps2pumps3", "bob", "again and again");
    assert_unfit("9000-9000-9000-", "bob", "again and again");
    assert_fit("four words said four words said", "bob"); /* the piece would be enough by itself */
    assert_fit("4711 0815 2342 aa", "bob");
    assert_unfit("password1234", "bob", "everybody tries first");
    assert_unfit("Welcome2026!", "bob", "everybody tries first");
    assert_unfit("qwertyuiopas", "bob", "everybody tries first");
    assert_fit("welcome home, dear friends", "bob");
    assert_unfit("123456789012345", "bob", "sequence");
    assert_unfit("abcdefghijklmno", "bob", "sequence");
}

static void a_book_or_a_zero_is_no_password(void **state)
{
    (void)state;
    char problem[SECRET_PASSWORD_PROBLEM_MAX];
    char book[SECRET_PASSWORD_MOST + 2];
    for (size_t i = 0; i < sizeof book - 1; i++)
        book[i] = (char)('a' + i * i % 23);
    book[sizeof book - 1] = '\0';
    assert_unfit(book, "bob", "too long");
    book[SECRET_PASSWORD_MOST] = '\0';
    assert_fit(book, "bob");
    assert_false(secret_password_is_fit((BpStr){"correct\0horse!", 14}, bp_str("bob"), problem));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_drawn_has_its_shape_and_is_another_each_time),
        cmocka_unit_test(a_digest_is_sha_256_of_all_parts),
        cmocka_unit_test(secrets_are_equal_whole_or_not_at_all),
        cmocka_unit_test(a_password_has_twelve_letters_whatever_they_are),
        cmocka_unit_test(a_password_does_not_follow_from_the_name_or_from_the_keyboard),
        cmocka_unit_test(a_book_or_a_zero_is_no_password),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
