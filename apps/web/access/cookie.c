#include "apps/web/access/cookie.h"

#include "io/secret/secret.h"

#include <string.h>
#include <strings.h>

BpStr cookie_find(BpStr header, const char *name)
{
    BpStr found = {0};
    for (BpStr left = header; left.size;) {
        BpStr value, one = bp_str_trim(bp_str_cut(left, ';', &left));
        if (!memchr(one.data, '=', one.size))
            continue;
        const BpStr key = bp_str_cut(one, '=', &value);
        if (!bp_str_equal(key, bp_str(name)))
            continue;
        if (found.data && !bp_str_equal(found, value))
            return (BpStr){0};
        found = value;
    }
    return found;
}

BpStr cookie_bearer(BpStr authorization)
{
    static const char scheme[] = "Bearer ", prefix[] = COOKIE_TOKEN_PREFIX;
    const size_t before = sizeof scheme - 1, size = sizeof prefix - 1;
    if (authorization.size < before || strncasecmp(authorization.data, scheme, before) != 0)
        return (BpStr){0};
    const BpStr token = bp_str_trim((BpStr){authorization.data + before, authorization.size - before});
    if (token.size < size || memcmp(token.data, prefix, size) != 0 ||
        !secret_is_drawn((BpStr){token.data + size, token.size - size}))
        return (BpStr){0};
    return token;
}
