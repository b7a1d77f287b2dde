#include "link/join_file.h"

#include "base/time.h"
#include "io/tls/request.h"
#include "link/link.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { VERSION = 1, NAME_MAX_OCTETS = 800, HOST_MAX = 253, SITE_MAX = 63 };
static const char what[] = "join file";

#define MEND "copy it anew, or have another made by `bacpipes site add` at central"

static BpStatus check_name(const char *name, const char *text, BpError *err)
{
    return strlen(text) <= NAME_MAX_OCTETS
               ? BP_OK
               : bp_fail(err, BP_FULL, "its \"%s\" has %zu octets, and a site reads %d at most", name,
                         strlen(text), NAME_MAX_OCTETS);
}

BpStatus link_join_file_write(const LinkJoinFile *file, BpBuf *out, BpError *err)
{
    char until[BP_TIME_TEXT_MAX];
    BP_TRY(check_name("name", file->name, err));
    BP_TRY(check_name("central", file->central, err));
    json_t *json =
        json_pack("{s:s, s:i, s:s, s:s, s:I, s:s, s:s, s:I, s:s, s:s, s:s, s:s}", "bacpipes", what, "v",
                  VERSION, "site_id", file->site_id, "name", file->name, "number", (json_int_t)file->number,
                  "central", file->central, "host", file->host, "port", (json_int_t)file->port, "until",
                  bp_time_format(file->until_us, 0, until), "authorities", file->authorities, "certificate",
                  file->certificate, "key", file->key);
    char *text = json ? json_dumps(json, JSON_INDENT(2)) : NULL;
    if (!text)
        abort();
    bp_buf_str(out, bp_str(text));
    bp_buf_u8(out, '\n');
    free(text);
    json_decref(json);
    return !out->failed && out->size <= LINK_JOIN_FILE_MAX
               ? BP_OK
               : bp_fail(err, BP_FULL, "it would be larger than the %d octets that a site reads",
                         LINK_JOIN_FILE_MAX);
}

typedef struct Reading {
    const json_t *json;
    BpArena *arena;
    const char *wrong; /* the first that is missing or no such thing; NULL: none is */
} Reading;

static void fail(Reading *in, const char *name)
{
    if (!in->wrong)
        in->wrong = name;
}

static const char *take_text(Reading *in, const char *name, size_t max)
{
    const json_t *value = json_object_get(in->json, name);
    const char *text = json_string_value(value);
    if (!text || json_string_length(value) > max || strlen(text) != json_string_length(value)) {
        fail(in, name);
        return "";
    }
    return bp_arena_text(in->arena, bp_str(text));
}

static int64_t take_integer(Reading *in, const char *name, int64_t max)
{
    const json_int_t value = json_integer_value(json_object_get(in->json, name));
    if (value < 1 || value > max)
        fail(in, name);
    return value;
}

static bool is_site(const char *text)
{
    return *text && strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_-") == strlen(text);
}

/* A name or an address, and nothing that libpq would take for something else. */
static bool is_host(const char *text)
{
    return *text &&
           strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.:-_") == strlen(text);
}

static int64_t take_time(Reading *in, const char *name)
{
    int64_t time_us = 0;
    if (bp_time_parse(bp_str(take_text(in, name, BP_TIME_TEXT_MAX)), &time_us, NULL) != BP_OK)
        fail(in, name);
    return time_us;
}

static BpStatus take(Reading *in, LinkJoinFile *ret_file, BpError *err)
{
    const json_int_t version = json_integer_value(json_object_get(in->json, "v"));
    if (version > VERSION)
        return bp_fail(err, BP_INVALID,
                       "the join file is of version %d, and this program, which is older, knows %d: bring "
                       "bacpipes here to the version that central has",
                       (int)version, VERSION);
    if (version != VERSION)
        fail(in, "v");
    const LinkJoinFile file = {.site_id = take_text(in, "site_id", SITE_MAX),
                               .name = take_text(in, "name", NAME_MAX_OCTETS),
                               .number = take_integer(in, "number", INT32_MAX),
                               .central = take_text(in, "central", NAME_MAX_OCTETS),
                               .host = take_text(in, "host", HOST_MAX),
                               .port = take_integer(in, "port", UINT16_MAX),
                               .until_us = take_time(in, "until"),
                               .authorities = take_text(in, "authorities", LINK_JOIN_FILE_MAX),
                               .certificate = take_text(in, "certificate", LINK_JOIN_FILE_MAX),
                               .key = take_text(in, "key", LINK_JOIN_FILE_MAX)};
    if (!is_site(file.site_id))
        fail(in, "site_id");
    if (!is_host(file.host))
        fail(in, "host");
    if (in->wrong)
        return bp_fail(err, BP_INVALID, "the join file is damaged (its \"%s\" is wrong or missing): " MEND,
                       in->wrong);
    *ret_file = file;
    return BP_OK;
}

static bool has(BpStr contents, const char *words)
{
    return memmem(contents.data, contents.size, words, strlen(words)) != NULL;
}

BpStatus link_join_file_read(BpStr contents, BpArena *arena, LinkJoinFile *ret_file, BpError *err)
{
    if (!contents.size)
        return bp_fail(err, BP_INVALID, "the join file is empty: " MEND);
    json_t *json =
        contents.size <= LINK_JOIN_FILE_MAX ? json_loadb(contents.data, contents.size, 0, NULL) : NULL;
    const char *kind = json_string_value(json_object_get(json, "bacpipes"));
    Reading in = {.json = json, .arena = arena};
    const BpStatus status =
        kind && strcmp(kind, what) == 0 ? take(&in, ret_file, err)
        : !json && has(contents, "\"join file\"")
            ? bp_fail(err, BP_INVALID, "the join file is cut short or damaged: " MEND)
            : bp_fail(err, BP_INVALID, "that is no join file: `bacpipes site add` at central makes one");
    json_decref(json);
    return status;
}

BpStatus link_join_file_check(const LinkJoinFile *file, BpError *err)
{
    TlsAbout about;
    BpError why;
    if (tls_client_check_texts(bp_str(file->certificate), bp_str(file->key), bp_str(file->authorities),
                               &about, &why) != BP_OK)
        return bp_fail(err, BP_INVALID, "the join file is damaged (%s): " MEND, why.text);
    return strcmp(about.common_name, LINK_JOIN_USER) == 0
               ? BP_OK
               : bp_fail(err, BP_INVALID,
                         "the join file is damaged (its certificate, of %s, is none to join with): " MEND,
                         about.common_name);
}
