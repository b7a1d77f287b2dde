#include "link/join_file.h"

#include "base/time.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { VERSION = 1, NAME_MAX_OCTETS = 800, HOST_MAX = 253, SITE_MAX = 63 };
static const char what[] = "join file";

void link_join_file_write(const LinkJoinFile *file, BpBuf *out)
{
    char until[BP_TIME_TEXT_MAX];
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
}

typedef struct Reading {
    const json_t *json;
    BpArena *arena;
    bool failed;
} Reading;

static const char *take_text(Reading *in, const char *name, size_t max)
{
    const json_t *value = json_object_get(in->json, name);
    const char *text = json_string_value(value);
    if (!text || json_string_length(value) > max || strlen(text) != json_string_length(value)) {
        in->failed = true;
        return "";
    }
    return bp_arena_text(in->arena, bp_str(text));
}

static int64_t take_integer(Reading *in, const char *name, int64_t max)
{
    const json_int_t value = json_integer_value(json_object_get(in->json, name));
    in->failed = in->failed || value < 1 || value > max;
    return value;
}

static bool is_site(const char *text)
{
    return *text && strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_-") == strlen(text);
}

static BpStatus take(Reading *in, LinkJoinFile *ret_file, BpError *err)
{
    const char *kind = json_string_value(json_object_get(in->json, "bacpipes"));
    const json_int_t version = json_integer_value(json_object_get(in->json, "v"));
    if (!kind || strcmp(kind, what) != 0)
        return bp_fail(err, BP_INVALID, "that is no join file: `bacpipes site add` at central makes one");
    if (version > VERSION)
        return bp_fail(err, BP_INVALID,
                       "the join file is of version %d, and this program knows %d: it is too old",
                       (int)version, VERSION);
    LinkJoinFile file = {.site_id = take_text(in, "site_id", SITE_MAX),
                         .name = take_text(in, "name", NAME_MAX_OCTETS),
                         .central = take_text(in, "central", NAME_MAX_OCTETS),
                         .host = take_text(in, "host", HOST_MAX),
                         .number = take_integer(in, "number", INT32_MAX),
                         .port = take_integer(in, "port", UINT16_MAX),
                         .authorities = take_text(in, "authorities", LINK_JOIN_FILE_MAX),
                         .certificate = take_text(in, "certificate", LINK_JOIN_FILE_MAX),
                         .key = take_text(in, "key", LINK_JOIN_FILE_MAX)};
    in->failed =
        in->failed || !is_site(file.site_id) || !*file.host || version != VERSION ||
        bp_time_parse(bp_str(take_text(in, "until", BP_TIME_TEXT_MAX)), &file.until_us, NULL) != BP_OK;
    if (in->failed)
        return bp_fail(
            err, BP_INVALID,
            "the join file is damaged: copy it anew, or have another made by `bacpipes site add` at "
            "central");
    *ret_file = file;
    return BP_OK;
}

BpStatus link_join_file_read(BpStr contents, BpArena *arena, LinkJoinFile *ret_file, BpError *err)
{
    json_t *json =
        contents.size <= LINK_JOIN_FILE_MAX ? json_loadb(contents.data, contents.size, 0, NULL) : NULL;
    Reading in = {.json = json, .arena = arena};
    const BpStatus status = take(&in, ret_file, err);
    json_decref(json);
    return status;
}
