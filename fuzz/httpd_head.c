/* The head of a request from anybody: refused with a status and a sentence that can stand in JSON, or read
 * into what lies within it, without a character that could end a line somewhere else. */
#include "io/httpd/head.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(BpStr in, BpStr part)
{
    if (!part.data)
        return;
    assert(part.data >= in.data && part.size <= in.size && part.data + part.size <= in.data + in.size);
    for (size_t i = 0; i < part.size; i++)
        assert((unsigned char)part.data[i] >= ' ' || part.data[i] == '\t');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const BpStr all = {(const char *)data, size};
    const BpStr in = {all.data, head_size(all)};
    assert(in.size <= all.size);
    if (in.size == 0) {
        const HeadRefusal too_large = head_too_large(all);
        assert(too_large.status == 431 || too_large.status == 414);
        return 0;
    }
    Head head;
    HeadRefusal refusal = {0};
    if (!head_read(in, &head, &refusal)) {
        assert(refusal.status >= 400 && refusal.status <= 505 && *refusal.why);
        assert(!strpbrk(refusal.why, "\"\\\n"));
        return 0;
    }
    assert(head.path.size && *head.path.data == '/' && head.body_size <= HTTPD_BODY_IN_MAX);
    assert(head.headers[HTTPD_HOST].size > 0);
    assert(!head.is_upgrade || (head.method == HTTPD_GET && head.websocket_key.size == 24));
    look(in, head.path);
    look(in, head.query);
    for (size_t i = 0; i < HTTPD_HEADERS; i++)
        look(in, head.headers[i]);
    return 0;
}
