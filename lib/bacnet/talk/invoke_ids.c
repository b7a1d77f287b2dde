#include "bacnet/talk/invoke_ids.h"

#include <stddef.h>

void bac_rest_init(BacRest *rest)
{
    *rest = (BacRest){.older_due_us = INT64_MIN, .younger_due_us = INT64_MIN};
}

void bac_rest_expire(BacRest *rest, int64_t now_us)
{
    for (int generation = 0; generation < 2 && now_us >= rest->older_due_us; generation++) {
        rest->older = rest->younger;
        rest->older_due_us = rest->younger_due_us;
        rest->younger = (BacInvokeIds){0};
        rest->younger_due_us = INT64_MIN;
    }
}

void bac_rest_add(BacRest *rest, uint8_t id, int64_t now_us, int64_t rest_us)
{
    if (rest_us == 0)
        return;
    bac_rest_expire(rest, now_us);
    bac_invoke_ids_add(&rest->younger, id);
    if (rest->younger_due_us < now_us + rest_us)
        rest->younger_due_us = now_us + rest_us;
}

uint8_t bac_invoke_ids_next(uint8_t last, const BacInvokeIds *in_use, const BacRest *const *rests,
                            int rest_count)
{
    const uint8_t start = (uint8_t)(last + 1);
    for (size_t i = 0; i <= 4; i++) { /* the first word twice: from `start` on, and once around */
        const size_t word = (start / 64 + i) % 4;
        uint64_t free = ~in_use->words[word];
        for (int rest = 0; rest < rest_count; rest++)
            free &= ~(rests[rest]->older.words[word] | rests[rest]->younger.words[word]);
        if (word == 0)
            free &= ~UINT64_C(1);
        if (i == 0)
            free &= UINT64_MAX << start % 64;
        if (free)
            return (uint8_t)(word * 64 + (size_t)__builtin_ctzll(free));
    }
    return 0;
}
