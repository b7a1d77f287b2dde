/* Reads a request's head, line by line. */
#include "io/httpd/head.h"

#include "base/parse.h"

#include <strings.h>

static const char *const methods[] = {
    [HTTPD_GET] = "GET", [HTTPD_HEAD] = "HEAD",   [HTTPD_POST] = "POST",
    [HTTPD_PUT] = "PUT", [HTTPD_PATCH] = "PATCH", [HTTPD_DELETE] = "DELETE",
};
enum { METHODS = sizeof methods / sizeof methods[0] };

/* Headers that are of use to this room alone follow those of the owner. */
enum {
    CONTENT_LENGTH = HTTPD_HEADERS,
    TRANSFER_ENCODING,
    CONNECTION,
    EXPECT,
    UPGRADE,
    WEBSOCKET_KEY,
    WEBSOCKET_VERSION,
    KNOWN
};

static const struct {
    const char *name;
    bool may_repeat; /* the first is looked at */
} known[KNOWN] = {
    [HTTPD_HOST] = {"host", false},
    [HTTPD_AUTHORIZATION] = {"authorization", false},
    [HTTPD_COOKIE] = {"cookie", false},
    [HTTPD_ORIGIN] = {"origin", false},
    [HTTPD_SEC_FETCH_SITE] = {"sec-fetch-site", false},
    [HTTPD_CONTENT_TYPE] = {"content-type", false},
    [HTTPD_ACCEPT] = {"accept", true},
    [HTTPD_ACCEPT_ENCODING] = {"accept-encoding", true},
    [HTTPD_IF_MATCH] = {"if-match", false},
    [HTTPD_IF_NONE_MATCH] = {"if-none-match", false},
    [HTTPD_IDEMPOTENCY_KEY] = {"idempotency-key", false},
    [HTTPD_CSRF] = {"x-csrf-token", false},
    [HTTPD_LAST_EVENT_ID] = {"last-event-id", false},
    [HTTPD_FORWARDED_FOR] = {"x-forwarded-for", false},
    [HTTPD_FORWARDED_PROTO] = {"x-forwarded-proto", false},
    [HTTPD_USER_AGENT] = {"user-agent", false},
    [CONTENT_LENGTH] = {"content-length", false},
    [TRANSFER_ENCODING] = {"transfer-encoding", true}, /* refused anyway */
    [CONNECTION] = {"connection", false},
    [EXPECT] = {"expect", false},
    [UPGRADE] = {"upgrade", false},
    [WEBSOCKET_KEY] = {"sec-websocket-key", false},
    [WEBSOCKET_VERSION] = {"sec-websocket-version", false},
};

const char *httpd_method_name(HttpdMethod method)
{
    return methods[method];
}

static bool refuse(HeadRefusal *ret_refusal, int status, const char *why)
{
    *ret_refusal = (HeadRefusal){status, why};
    return false;
}

size_t head_size(BpStr in)
{
    const char *end = in.size ? memmem(in.data, in.size, "\r\n\r\n", 4) : NULL;
    return end ? (size_t)(end - in.data) + 4 : 0;
}

HeadRefusal head_too_large(BpStr in)
{
    return memmem(in.data, in.size, "\r\n", 2)
               ? (HeadRefusal){431, "the headers are larger than 8 kB"}
               : (HeadRefusal){414, "the first line is larger than 8 kB: ask for less at once"};
}

/* RFC 9110, 5.6.2: what methods and names of headers are made of. */
static bool is_token(BpStr text)
{
    static const char others[] = "!#$%&'*+-.^_`|~";
    for (size_t i = 0; i < text.size; i++) {
        const char c = text.data[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              (c && strchr(others, c))))
            return false;
    }
    return text.size > 0;
}

static bool equals(BpStr text, const char *lower)
{
    return text.size == strlen(lower) && strncasecmp(text.data, lower, text.size) == 0;
}

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_target(BpStr target, Head *head, HeadRefusal *ret_refusal)
{
    if (target.size == 0 || *target.data != '/')
        return refuse(ret_refusal, 400, "what is asked for must be a path that begins with '/'");
    for (size_t i = 0; i < target.size; i++)
        if ((unsigned char)target.data[i] <= ' ' || (unsigned char)target.data[i] >= 0x7F ||
            target.data[i] == '#')
            return refuse(ret_refusal, 400,
                          "a path has printable ASCII only, without '#': the rest is written as %XX");
    head->path = bp_str_cut(target, '?', &head->query);
    for (size_t i = 0; i < head->path.size; i++) {
        if (head->path.data[i] != '%')
            continue;
        const int high = i + 2 < head->path.size ? hex(head->path.data[i + 1]) : -1;
        const int low = i + 2 < head->path.size ? hex(head->path.data[i + 2]) : -1;
        if (high < 0 || low < 0)
            return refuse(ret_refusal, 400, "'%' in a path is followed by two hexadecimal digits");
        if (high < 2 || (high == 7 && low == 15))
            return refuse(ret_refusal, 400, "a path has no control characters");
        i += 2;
    }
    return true;
}

static bool read_first_line(BpStr line, Head *head, HeadRefusal *ret_refusal)
{
    BpStr rest, version;
    const BpStr method = bp_str_cut(line, ' ', &rest);
    const BpStr target = bp_str_cut(rest, ' ', &version);
    size_t i = 0;
    while (i < METHODS && !bp_str_equal(method, bp_str(methods[i])))
        i++;
    if (i < METHODS)
        head->method = (HttpdMethod)i;
    if (!is_token(method) || version.size != 8 || memcmp(version.data, "HTTP/", 5) != 0)
        return refuse(ret_refusal, 400, "the first line is no request of HTTP/1.1");
    if (memcmp(version.data + 5, "1.1", 3) != 0)
        return refuse(ret_refusal, 505, "HTTP/1.1 is spoken here, no other version");
    if (i == METHODS)
        return refuse(ret_refusal, 405, "the method is none of GET, HEAD, POST, PUT, PATCH, DELETE");
    return read_target(target, head, ret_refusal);
}

static bool read_field(BpStr line, BpStr fields[KNOWN], HeadRefusal *ret_refusal)
{
    BpStr value;
    const BpStr name = bp_str_cut(line, ':', &value);
    if (name.size == line.size || !is_token(name))
        return refuse(ret_refusal, 400, "a header is a name, a colon right behind it, and a value");
    for (size_t i = 0; i < value.size; i++)
        if (((unsigned char)value.data[i] < ' ' && value.data[i] != '\t') || value.data[i] == 0x7F)
            return refuse(ret_refusal, 400,
                          "headers have no control characters, and their lines end with CR LF");
    size_t i = 0;
    while (i < KNOWN && !equals(name, known[i].name))
        i++;
    if (i == KNOWN)
        return true;
    if (fields[i].data && !known[i].may_repeat)
        return refuse(ret_refusal, 400,
                      i == HTTPD_HOST ? "there are two Hosts"
                                      : "a header is there twice that may be there once");
    if (!fields[i].data)
        fields[i] = bp_str_trim(value);
    return true;
}

/* If a list of words parted by commas has `word`. */
static bool has_word(BpStr list, const char *word)
{
    while (list.size)
        if (equals(bp_str_trim(bp_str_cut(list, ',', &list)), word))
            return true;
    return false;
}

static bool is_host(BpStr host)
{
    static const char others[] = ".-_:[]";
    for (size_t i = 0; i < host.size; i++) {
        const char c = host.data[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              (c && strchr(others, c))))
            return false;
    }
    return host.size > 0;
}

static bool read_body_size(const BpStr fields[KNOWN], Head *head, HeadRefusal *ret_refusal)
{
    const BpStr length = fields[CONTENT_LENGTH];
    if (fields[TRANSFER_ENCODING].data)
        return length.data
                   ? refuse(ret_refusal, 400, "a Transfer-Encoding beside a Content-Length")
                   : refuse(ret_refusal, 411, "a body needs a Content-Length, and is not sent in chunks");
    if (!length.data)
        return true;
    for (size_t i = 0; i < length.size; i++)
        if (length.data[i] < '0' || length.data[i] > '9')
            return refuse(ret_refusal, 400, "the Content-Length is no number");
    int64_t size;
    if (length.size == 0)
        return refuse(ret_refusal, 400, "the Content-Length is no number");
    if (bp_parse_i64(length, 0, HTTPD_BODY_IN_MAX, &size, NULL) != BP_OK)
        return refuse(ret_refusal, 413, "the body is larger than 1 MB");
    if (size && (head->method == HTTPD_GET || head->method == HTTPD_HEAD))
        return refuse(ret_refusal, 400, "GET and HEAD have no body");
    head->body_size = (size_t)size;
    return true;
}

/* RFC 6455, 4.2.1. An Upgrade to something else is an offer that need not be taken. */
static bool read_upgrade(const BpStr fields[KNOWN], Head *head, HeadRefusal *ret_refusal)
{
    enum { KEY_SIZE = 24 }; /* sixteen octets in base64 */
    if (!has_word(fields[CONNECTION], "upgrade") || !equals(fields[UPGRADE], "websocket"))
        return true;
    const BpStr key = fields[WEBSOCKET_KEY];
    bool is_key = key.size == KEY_SIZE && memcmp(key.data + KEY_SIZE - 2, "==", 2) == 0;
    for (size_t i = 0; is_key && i < KEY_SIZE - 2; i++)
        is_key = key.data[i] == '+' || key.data[i] == '/' || (key.data[i] >= '0' && key.data[i] <= '9') ||
                 ((key.data[i] | 0x20) >= 'a' && (key.data[i] | 0x20) <= 'z');
    if (head->method != HTTPD_GET || !is_key)
        return refuse(ret_refusal, 400,
                      "a WebSocket is asked for by GET with a Sec-WebSocket-Key of 16 octets");
    if (!equals(fields[WEBSOCKET_VERSION], "13"))
        return refuse(ret_refusal, 426, "WebSockets are of version 13 here");
    head->is_upgrade = true;
    head->websocket_key = key;
    return true;
}

static bool read_fields(const BpStr fields[KNOWN], Head *head, HeadRefusal *ret_refusal)
{
    if (!fields[HTTPD_HOST].data)
        return refuse(ret_refusal, 400, "there is no Host");
    if (!is_host(fields[HTTPD_HOST]))
        return refuse(ret_refusal, 400, "the Host is no name, nor an address");
    if (fields[EXPECT].data && !equals(fields[EXPECT], "100-continue"))
        return refuse(ret_refusal, 417, "nothing can be expected but '100-continue'");
    head->must_continue = fields[EXPECT].data;
    head->is_last = has_word(fields[CONNECTION], "close");
    memcpy(head->headers, fields, sizeof head->headers);
    return read_body_size(fields, head, ret_refusal) && read_upgrade(fields, head, ret_refusal);
}

/* Up to the next CR LF, which is there. */
static BpStr next_line(BpStr *rest)
{
    const char *end = memmem(rest->data, rest->size, "\r\n", 2);
    const BpStr line = {rest->data, (size_t)(end - rest->data)};
    *rest = (BpStr){end + 2, rest->size - line.size - 2};
    return line;
}

bool head_read(BpStr in, Head *ret_head, HeadRefusal *ret_refusal)
{
    *ret_head = (Head){.method = HTTPD_GET};
    BpStr fields[KNOWN] = {0}, rest = in;
    size_t count = 0;
    if (!read_first_line(next_line(&rest), ret_head, ret_refusal))
        return false;
    for (BpStr line; (line = next_line(&rest)).size > 0;) {
        if (++count > HEAD_FIELDS_MAX)
            return refuse(ret_refusal, 431, "there are more than 64 headers");
        if (!read_field(line, fields, ret_refusal))
            return false;
    }
    return read_fields(fields, ret_head, ret_refusal);
}
