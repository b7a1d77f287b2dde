/* What a client brings to be known by: a Cookie header, an Authorization header, a password, codes. */
#include "apps/web/access/cookie.h"
#include "io/secret/one_time.h"
#include "io/secret/secret.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void is_within(BpStr found, BpStr all)
{
    assert(!found.data || (found.data >= all.data && found.data + found.size <= all.data + all.size));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t secret[ONE_TIME_SECRET_SIZE] = "12345678901234567890";
    const BpStr text = {(const char *)data, size};
    char problem[SECRET_PASSWORD_PROBLEM_MAX], recovery[ONE_TIME_RECOVERY_SIZE];
    int64_t step = 0;
    is_within(cookie_find(text, "bacpipes"), text);
    const BpStr token = cookie_bearer(text);
    is_within(token, text);
    assert(!token.data || token.size == sizeof COOKIE_TOKEN_PREFIX - 1 + SECRET_TEXT_SIZE - 1);
    if (!secret_password_is_fit(text, bp_str("anna"), problem))
        assert(bp_str_is_utf8(bp_str(problem)) && *problem);
    if (one_time_check(secret, text, 1234567890, 0, &step))
        assert(step > 0);
    if (one_time_recovery_read(text, recovery))
        assert(recovery[ONE_TIME_RECOVERY_SIZE - 1] == '\0' && recovery[4] == '-');
    return 0;
}
