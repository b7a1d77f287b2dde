/* What a client is told: heads of answers, answers, and refusals, which are the last of their connection. */
#include "base/time.h"
#include "io/httpd/server.h"

#include <assert.h>
#include <stdio.h>
#include <time.h>

static const char *phrase(int status)
{
    switch (status) {
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 406: return "Not Acceptable";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 411: return "Length Required";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 417: return "Expectation Failed";
    case 421: return "Misdirected Request";
    case 422: return "Unprocessable Content";
    case 426: return "Upgrade Required";
    case 428: return "Precondition Required";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 505: return "HTTP Version Not Supported";
    default: return status < 300 ? "OK" : status < 400 ? "See" : status < 500 ? "Refused" : "Failed";
    }
}

/* RFC 9110, 5.6.7; made once a second. */
static const char *date_now(Httpd *httpd)
{
    static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const int64_t now_us = bp_wall_us();
    if (*httpd->date && now_us >= httpd->dated_us && now_us < httpd->dated_us + BP_SECOND)
        return httpd->date;
    const time_t seconds = (time_t)(now_us / BP_SECOND);
    struct tm tm;
    gmtime_r(&seconds, &tm);
    httpd->dated_us = seconds * BP_SECOND;
    snprintf(httpd->date, sizeof httpd->date, "%s, %02d %s %d %02d:%02d:%02d GMT", days[tm.tm_wday],
             tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
    return httpd->date;
}

/* What came from outside may be in it, and must not end the line. */
static void put_value(BpBuf *out, BpStr value)
{
    uint8_t *to = bp_buf_reserve(out, value.size);
    for (size_t i = 0; to && i < value.size; i++) {
        const unsigned char c = (unsigned char)value.data[i];
        to[i] = c < ' ' || c == 0x7F ? ' ' : c;
    }
}

static void put_field(BpBuf *out, BpStr name, BpStr value)
{
    bp_buf_str(out, name);
    bp_buf_str(out, bp_str(": "));
    put_value(out, value);
    bp_buf_str(out, bp_str("\r\n"));
}

BpStr answer_head(Connection *c, int status, const char *type, const HttpdField *fields, size_t field_count,
                  size_t size)
{
    assert(status >= 200 && status <= 599);
    BpBuf *out = &c->httpd->head;
    bp_buf_clear(out);
    bp_buf_printf(out, "HTTP/1.1 %d %s\r\nDate: %s\r\n", status, phrase(status), date_now(c->httpd));
    if (type)
        put_field(out, bp_str("Content-Type"), bp_str(type));
    if (size == SIZE_MAX)
        bp_buf_str(out, bp_str("Transfer-Encoding: chunked\r\n"));
    else if (status != 204 && status != 304)
        bp_buf_printf(out, "Content-Length: %zu\r\n", size);
    for (size_t i = 0; i < field_count; i++)
        put_field(out, bp_str(fields[i].name), fields[i].value);
    if (c->is_last)
        bp_buf_str(out, bp_str("Connection: close\r\n"));
    bp_buf_str(out, bp_str("\r\n"));
    assert(!out->failed);
    return (BpStr){(const char *)out->data, out->size};
}

static void answer(Connection *c, const HttpdAnswer *what)
{
    const bool is_bare = what->status == 204 || what->status == 304;
    const bool is_head = c->asked && c->asked->head.method == HTTPD_HEAD;
    const BpStr head =
        answer_head(c, what->status, what->type, what->fields, what->field_count, what->body.size);
    const BpStr body = is_bare || is_head ? (BpStr){0} : what->body;
    connection_be(c, ANSWERED);
    const OutStatus status = out_answer(&c->out, c->fd, head, body, what->is_borrowed);
    connection_forget(c);
    if (status == OUT_FAILED)
        connection_close(c);
    else if (status == OUT_EMPTY)
        connection_flush(c);
    connection_work(c);
}

void httpd_answer(HttpdRequest *request, const HttpdAnswer *what)
{
    assert(request->state == ASKED);
    if (request->is_upgrading)
        request->is_last = true;
    answer(request, what);
}

void answer_refusal(Connection *c, int status, const char *why)
{
    static const HttpdField allow = {"Allow", {"GET, HEAD, POST, PUT, PATCH, DELETE", 34}};
    static const HttpdField version = {"Sec-WebSocket-Version", {"13", 2}};
    const HttpdField *field = status == 405 ? &allow : status == 426 ? &version : NULL;
    char body[512];
    snprintf(body, sizeof body,
             "{\"type\":\"about:blank\",\"title\":\"%s\",\"status\":%d,\"detail\":\"%s\"}\n", phrase(status),
             status, why);
    c->is_last = true;
    answer(c, &(HttpdAnswer){.status = status,
                             .type = "application/problem+json",
                             .fields = field,
                             .field_count = field ? 1 : 0,
                             .body = bp_str(body)});
}
