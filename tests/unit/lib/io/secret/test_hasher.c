#include "io/secret/hasher.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const BpStr password = {"correct horse battery", 21};

typedef struct Asked {
    Loop *loop;
    SecretHasher *hasher;
    int answers, right;
    char hash[SECRET_HASH_SIZE];
} Asked;

static void on_answer(void *context, bool is_right, const char *hash)
{
    Asked *asked = context;
    asked->answers++;
    asked->right += is_right;
    if (hash)
        assert_true(bp_str_copy(bp_str(hash), asked->hash, sizeof asked->hash));
}

static int begin(void **state)
{
    static Asked asked;
    asked = (Asked){.loop = loop_new()};
    asked.hasher = secret_hasher_new(asked.loop);
    *state = &asked;
    return 0;
}

static int end(void **state)
{
    Asked *asked = *state;
    secret_hasher_free(asked->hasher);
    loop_free(asked->loop);
    return 0;
}

static void wait_for(Asked *asked, int answers)
{
    for (int i = 0; i < 1000 && asked->answers < answers; i++)
        loop_run_once(asked->loop, 1000000);
    assert_int_equal(asked->answers, answers);
}

static void a_password_is_known_by_its_hash_alone(void **state)
{
    Asked *asked = *state;
    char now[SECRET_HASH_SIZE];
    assert_true(secret_hash(asked->hasher, password, on_answer, asked));
    wait_for(asked, 1);
    assert_memory_equal(asked->hash, "$argon2id$v=19$m=65536,t=2,p=1$", 31);
    assert_true(secret_hash_now(password, now));
    assert_string_not_equal(now, asked->hash); /* another salt */
    assert_true(secret_check(asked->hasher, SECRET_STRANGER, password, now, on_answer, asked));
    assert_true(
        secret_check(asked->hasher, SECRET_STRANGER, bp_str("correct horse batterz"), now, on_answer, asked));
    assert_true(secret_check(asked->hasher, SECRET_STRANGER, bp_str(""), now, on_answer, asked));
    wait_for(asked, 4);
    assert_int_equal(asked->right, 1);
}

static void without_a_hash_nothing_is_right(void **state)
{
    Asked *asked = *state;
    assert_true(secret_check(asked->hasher, SECRET_STRANGER, password, NULL, on_answer, asked));
    assert_true(secret_check(asked->hasher, SECRET_STRANGER, password, "", on_answer, asked));
    assert_true(
        secret_check(asked->hasher, SECRET_STRANGER, password, "$argon2id$nonsense", on_answer, asked));
    wait_for(asked, 3);
    assert_int_equal(asked->right, 0);
}

static void too_many_are_refused_and_the_others_are_answered(void **state)
{
    Asked *asked = *state;
    int taken = 0;
    for (int i = 0; i < SECRET_WAITING_MAX + SECRET_HASHING_MAX + 3; i++)
        taken +=
            secret_check(asked->hasher, SECRET_STRANGER, password, "$argon2id$nonsense", on_answer, asked);
    assert_int_equal(taken, SECRET_WAITING_MAX + SECRET_HASHING_MAX);
    wait_for(asked, taken);
    assert_true(
        secret_check(asked->hasher, SECRET_STRANGER, password, "$argon2id$nonsense", on_answer, asked));
    wait_for(asked, taken + 1);
}

static void strangers_keep_nobody_out_who_is_known(void **state)
{
    Asked *asked = *state;
    Asked strangers = {0};
    int taken = 0;
    for (int i = 0; i < 2 * SECRET_WAITING_MAX; i++)
        taken += secret_check(asked->hasher, SECRET_STRANGER, password, NULL, on_answer, &strangers);
    assert_true(taken < 2 * SECRET_WAITING_MAX);
    assert_true(secret_check(asked->hasher, SECRET_KNOWN, password, "", on_answer, asked));
    assert_true(secret_hash(asked->hasher, password, on_answer, asked));
    wait_for(asked, 2);
    assert_true(strangers.answers <= 2 * SECRET_HASHING_MAX + 2); /* those that were at it, no more */
    secret_forget(asked->hasher, &strangers);
}

static void who_is_gone_is_told_nothing(void **state)
{
    Asked *asked = *state;
    Asked gone = {0};
    for (int i = 0; i < 4; i++)
        assert_true(
            secret_check(asked->hasher, SECRET_STRANGER, password, "$argon2id$nonsense", on_answer, &gone));
    secret_forget(asked->hasher, &gone);
    assert_true(
        secret_check(asked->hasher, SECRET_STRANGER, password, "$argon2id$nonsense", on_answer, asked));
    wait_for(asked, 1);
    assert_int_equal(gone.answers, 0);
}

static void a_hasher_may_go_while_it_is_asked(void **state)
{
    Asked *asked = *state;
    for (int i = 0; i < 5; i++)
        assert_true(secret_hash(asked->hasher, password, on_answer, asked));
    secret_hasher_free(asked->hasher);
    asked->hasher = NULL;
    for (int i = 0; i < 5; i++)
        loop_run_once(asked->loop, 200000);
    assert_int_equal(asked->answers, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_password_is_known_by_its_hash_alone, begin, end),
        cmocka_unit_test_setup_teardown(without_a_hash_nothing_is_right, begin, end),
        cmocka_unit_test_setup_teardown(too_many_are_refused_and_the_others_are_answered, begin, end),
        cmocka_unit_test_setup_teardown(strangers_keep_nobody_out_who_is_known, begin, end),
        cmocka_unit_test_setup_teardown(who_is_gone_is_told_nothing, begin, end),
        cmocka_unit_test_setup_teardown(a_hasher_may_go_while_it_is_asked, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
