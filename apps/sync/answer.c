#include "apps/sync/answer.h"

#include "base/parse.h"

#include <inttypes.h>

BpStatus answer_read(BpStr text, Answer *ret_answer, BpError *err)
{
    Answer answer;
    int64_t *const numbers[] = {&answer.received, &answer.down, &answer.wait_s};
    BpStr rest = text;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if (bp_parse_i64(bp_str_cut(rest, ' ', &rest), 0, INT64_MAX, numbers[i], err) != BP_OK)
            return bp_fail(err, BP_INVALID, "central answers what sync.append does not: \"%.*s\"",
                           (int)(text.size < 40 ? text.size : 40), text.data);
    answer.why = rest;
    *ret_answer = answer;
    return BP_OK;
}

BpStatus answer_check(const Answer *answer, int64_t last_of_call, int64_t last_sent, BpError *err)
{
    if (answer->received < last_of_call || answer->received > last_sent)
        return bp_fail(err, BP_CONFLICT, "central has entry %" PRId64 ", where %" PRId64 " was sent",
                       answer->received, last_of_call);
    return BP_OK;
}
