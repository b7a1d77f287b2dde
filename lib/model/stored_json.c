/* What ingest answers: which batches are stored, and which it wants again. */
#include "model/batch.h"

#include <assert.h>
#include <jansson.h>

enum { VERSION = 1 };

/* A later version may mean other things by the same words: what is not stored would be forgotten. */
static BpStatus load(BpStr json, json_t **ret_root, BpError *err)
{
    json_error_t error;
    int version;
    json_t *root = json_loadb(json.data, json.size, 0, &error);
    if (!root || json_unpack_ex(root, &error, 0, "{s:i}", "v", &version) != 0) {
        json_decref(root);
        return bp_fail(err, BP_MALFORMED, "%s", error.text);
    }
    if (version != VERSION) {
        json_decref(root);
        return bp_fail(err, BP_UNSUPPORTED, "version %d, understood is %d", version, VERSION);
    }
    *ret_root = root;
    return BP_OK;
}

static int put_octets(const char *octets, size_t size, void *out)
{
    bp_buf_octets(out, octets, size);
    return 0;
}

/* Gives the JSON back. */
static void put(BpBuf *out, json_t *root)
{
    assert(root); /* what is written here is made of texts and numbers of ours */
    (void)json_dump_callback(root, put_octets, out, JSON_COMPACT);
    json_decref(root);
}

void mdl_stored_encode(BpBuf *out, const MdlRun *session, const MdlPosition *positions, size_t count)
{
    json_t *runs = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(runs, json_pack("{s:s, s:I, s:I}", "run", positions[i].run.text, "stored",
                                              (json_int_t)positions[i].stored, "skipped",
                                              (json_int_t)positions[i].skipped));
    put(out, json_pack("{s:i, s:s, s:o}", "v", VERSION, "session", session->text, "runs", runs));
}

BpStatus mdl_stored_decode(BpStr json, MdlRun *ret_session, MdlPosition ret_positions[MDL_POSITIONS_MAX],
                           size_t *ret_count, BpError *err)
{
    json_error_t error;
    const char *session;
    json_t *runs;
    json_auto_t *root = NULL;
    const BpStatus status = load(json, &root, err);
    if (status != BP_OK)
        return status;
    if (json_unpack_ex(root, &error, 0, "{s:s, s:o}", "session", &session, "runs", &runs) != 0)
        return bp_fail(err, BP_MALFORMED, "%s", error.text);
    if (!mdl_run_parse(session, ret_session) || !json_is_array(runs) ||
        json_array_size(runs) > MDL_POSITIONS_MAX)
        return bp_fail(err, BP_INVALID, "no session of 16 hexadecimal digits, or no array of at most %d runs",
                       MDL_POSITIONS_MAX);
    *ret_count = json_array_size(runs);
    for (size_t i = 0; i < *ret_count; i++) {
        const char *run;
        json_int_t stored, skipped;
        if (json_unpack_ex(json_array_get(runs, i), &error, 0, "{s:s, s:I, s:I}", "run", &run, "stored",
                           &stored, "skipped", &skipped) != 0)
            return bp_fail(err, BP_MALFORMED, "run %zu: %s", i, error.text);
        if (!mdl_run_parse(run, &ret_positions[i].run) || stored < 0 || skipped < 0)
            return bp_fail(err, BP_INVALID, "run %zu: no name of 16 hexadecimal digits, or a negative number",
                           i);
        ret_positions[i].stored = stored;
        ret_positions[i].skipped = skipped;
    }
    return BP_OK;
}

void mdl_want_encode(BpBuf *out, const MdlRun *run, int64_t from)
{
    put(out, json_pack("{s:i, s:s, s:I}", "v", VERSION, "run", run->text, "from", (json_int_t)from));
}

BpStatus mdl_want_decode(BpStr json, MdlRun *ret_run, int64_t *ret_from, BpError *err)
{
    json_error_t error;
    const char *run;
    json_int_t from;
    json_auto_t *root = NULL;
    const BpStatus status = load(json, &root, err);
    if (status != BP_OK)
        return status;
    if (json_unpack_ex(root, &error, 0, "{s:s, s:I}", "run", &run, "from", &from) != 0)
        return bp_fail(err, BP_MALFORMED, "%s", error.text);
    if (!mdl_run_parse(run, ret_run) || from < 1)
        return bp_fail(err, BP_INVALID, "no run of 16 hexadecimal digits, or from is below 1");
    *ret_from = from;
    return BP_OK;
}
