/* Answers: JSON, problems (RFC 9457), and the headers that all of them have. */
#include "apps/web/call/parts.h"
#include "say/json.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

/* Below that an answer fits into a packet anyway. */
enum { COMPRESSED_FROM = 1400, PROBLEM_TEXT_MAX = 1024, WAITING_MAX = 2 * 1024 * 1024 };

void call_set_field(Call *call, const char *name, BpStr value)
{
    assert(call->field_count < CALL_FIELDS_MAX);
    call->fields[call->field_count++] = (HttpdField){name, {bp_arena_text(&call->arena, value), value.size}};
}

void call_set_etag(Call *call, const char *format, ...)
{
    char text[CALL_ETAG_MAX];
    va_list args;
    va_start(args, format);
    const int size = vsnprintf(text + 1, sizeof text - 2, format, args);
    va_end(args);
    assert(size >= 0 && (size_t)size < sizeof text - 2);
    text[0] = text[size + 1] = '"';
    call_set_field(call, "ETag", (BpStr){text, (size_t)size + 2});
}

bool call_etag_is(const Call *call, HttpdHeader header, const char *etag)
{
    const BpStr wanted = bp_str(etag);
    for (BpStr left = call->headers[header]; left.size;) {
        BpStr one = bp_str_trim(bp_str_cut(left, ',', &left));
        if (bp_str_equal(one, bp_str("*")))
            return true;
        /* A cache's weak tag stands for the same contents; a change is for what was read, to the letter. */
        if (header == HTTPD_IF_NONE_MATCH && one.size > 2 && memcmp(one.data, "W/", 2) == 0)
            one = (BpStr){one.data + 2, one.size - 2};
        if (one.size == wanted.size + 2 && one.data[0] == '"' && one.data[one.size - 1] == '"' &&
            memcmp(one.data + 1, wanted.data, wanted.size) == 0)
            return true;
    }
    return false;
}

/* What every answer has: browsers take it for nothing but what it says it is, and nobody keeps it. */
static size_t fill_fields(Call *call, HttpdField *fields)
{
    static const HttpdField always[] = {
        {"X-Content-Type-Options", {"nosniff", 7}},
        {"Referrer-Policy", {"no-referrer", 11}},
    };
    size_t count = 0;
    bool has_cache = false, has_policy = false;
    for (size_t i = 0; i < sizeof always / sizeof always[0]; i++)
        fields[count++] = always[i];
    for (size_t i = 0; i < call->field_count; i++) {
        has_cache = has_cache || strcmp(call->fields[i].name, "Cache-Control") == 0;
        has_policy = has_policy || strcmp(call->fields[i].name, "Content-Security-Policy") == 0;
        fields[count++] = call->fields[i];
    }
    if (!has_cache)
        fields[count++] = (HttpdField){"Cache-Control", bp_str("no-store")};
    if (!has_policy)
        fields[count++] =
            (HttpdField){"Content-Security-Policy", bp_str("default-src 'none'; frame-ancestors 'none'")};
    if (call->is_secure)
        fields[count++] = (HttpdField){"Strict-Transport-Security", bp_str("max-age=31536000")};
    return count;
}

static bool takes_gzip(const Call *call)
{
    for (BpStr left = call->headers[HTTPD_ACCEPT_ENCODING]; left.size;) {
        BpStr weight, kind = bp_str_trim(bp_str_cut(bp_str_cut(left, ',', &left), ';', &weight));
        if (bp_str_equal(kind, bp_str("gzip")) && !bp_str_equal(bp_str_trim(weight), bp_str("q=0")))
            return true;
    }
    return false;
}

/* Into the call's arena. False: it is left as it is. */
static bool compress_body(Call *call, BpStr *body)
{
    if (body->size > UINT32_MAX / 2 || !takes_gzip(call))
        return false;
    z_stream stream = {0};
    if (deflateInit2(&stream, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return false;
    const size_t room = deflateBound(&stream, body->size);
    stream.next_out = bp_arena_take(&call->arena, room);
    stream.next_in = (Bytef *)(uintptr_t)body->data;
    stream.avail_in = (uInt)body->size;
    stream.avail_out = (uInt)room;
    Bytef *const first = stream.next_out;
    const bool is_whole = deflate(&stream, Z_FINISH) == Z_STREAM_END;
    if (is_whole)
        *body = (BpStr){(const char *)first, stream.total_out};
    (void)deflateEnd(&stream);
    return is_whole;
}

static void answer_as_it_is(Call *call, int status, const char *type, BpStr body)
{
    HttpdField fields[CALL_FIELDS_MAX + 8];
    const size_t count = fill_fields(call, fields);
    HttpdRequest *request = call->request;
    call->request = NULL;
    httpd_answer(
        request,
        &(HttpdAnswer){.status = status, .type = type, .fields = fields, .field_count = count, .body = body});
    call_let_go(call);
}

static void say_encoding(Call *call, bool is_compressed)
{
    if (is_compressed)
        call_set_field(call, "Content-Encoding", bp_str("gzip"));
    call_set_field(call, "Vary", bp_str("Accept-Encoding"));
}

static void answer(Call *call, int status, const char *type, BpStr body)
{
    if (!call->request)
        return; /* its client has left */
    if (body.size >= COMPRESSED_FROM)
        say_encoding(call, compress_body(call, &body));
    answer_as_it_is(call, status, type, body);
}

void call_reply_file(Call *call, const char *type, BpStr plain, BpStr gzip)
{
    const bool is_compressed = gzip.data && takes_gzip(call);
    if (!call->request)
        return;
    if (gzip.data)
        say_encoding(call, is_compressed);
    answer_as_it_is(call, 200, type, is_compressed ? gzip : plain);
}

void call_reply_text(Call *call, int status, const char *type, BpStr body)
{
    answer(call, status, type, body);
}

void call_reply_waiting(Call *call, BpStr change)
{
    BpBuf body = bp_buf_growing(WAITING_MAX);
    bp_buf_str(&body, bp_str("{\"waiting\":"));
    bp_buf_str(&body, change);
    bp_buf_u8(&body, '}');
    answer(call, 202, "application/json", bp_buf_text(&body));
    bp_buf_done(&body);
}

void call_reply_empty(Call *call, int status)
{
    answer(call, status, NULL, (BpStr){0});
}

static void reply_json(Call *call, int status, const char *type, json_t *body)
{
    char *text = body ? json_dumps(body, JSON_COMPACT | say_json_digits(body) | JSON_ENCODE_ANY) : NULL;
    json_decref(body);
    if (!text)
        abort(); /* only out of memory: what we make is JSON */
    answer(call, status, type, bp_str(text));
    free(text);
}

void call_reply(Call *call, int status, json_t *body)
{
    reply_json(call, status, "application/json", body);
}

typedef struct ProblemRow {
    const char *type;
    int status;
    const char *title;
} ProblemRow;

static const ProblemRow problems[] = {
#define PROBLEM(type, status, title) {type, status, title},
#include "apps/web/call/problems.def"
#undef PROBLEM
};

static const char *title_of(int status, const char *type)
{
    for (size_t i = 0; i < sizeof problems / sizeof problems[0]; i++)
        if (problems[i].status == status && strcmp(problems[i].type, type) == 0)
            return problems[i].title;
    assert(!"a type of problem that problems.def has not");
    return type;
}

static void reply_problem(Call *call, int status, const char *type, json_t *more, const char *sentence)
{
    char address[80];
    snprintf(address, sizeof address, "/api/docs#%s", type);
    /* A sentence that quotes half a letter is none of ours to pass on. */
    json_t *detail = json_string(sentence);
    json_t *body =
        json_pack("{s:s, s:s, s:i, s:o}", "type", address, "title", title_of(status, type), "status", status,
                  "detail", detail ? detail : json_string("what was sent is not UTF-8"));
    if (more)
        json_object_update(body, more);
    json_decref(more);
    call->web->counts.problems++;
    reply_json(call, status, "application/problem+json", body);
}

void call_problem(Call *call, int status, const char *type, const char *format, ...)
{
    char sentence[PROBLEM_TEXT_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    reply_problem(call, status, type, NULL, sentence);
}

void call_problem_with(Call *call, int status, const char *type, json_t *more, const char *format, ...)
{
    char sentence[PROBLEM_TEXT_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    reply_problem(call, status, type, more, sentence);
}

/* ---- what goes on ---- */

HttpdStream *call_stream(Call *call, const HttpdStreamOptions *options)
{
    if (!call->request)
        return NULL;
    HttpdField fields[CALL_FIELDS_MAX + 8];
    HttpdStreamOptions whole = *options;
    for (size_t i = 0; i < options->field_count; i++)
        call_set_field(call, options->fields[i].name, options->fields[i].value);
    whole.fields = fields;
    whole.field_count = fill_fields(call, fields);
    HttpdRequest *request = call->request;
    call->request = NULL;
    HttpdStream *stream = call->stream = httpd_stream(request, &whole);
    if (!stream)
        call_let_go(call); /* HEAD: that was all, and it is gone */
    return stream;
}

HttpdStream *call_accept(Call *call, const HttpdStreamOptions *options)
{
    HttpdRequest *request = call->request;
    call->request = NULL;
    HttpdStream *stream = call->stream = httpd_accept(request, options);
    if (!stream)
        call_let_go(call);
    return stream;
}
