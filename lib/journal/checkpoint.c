#include "journal/checkpoint.h"

#include "base/buf.h"

#include <inttypes.h>
#include <jansson.h>

enum { SIGNED_MAX = 512, HEX_MAX = 2 * SIGN_SIGNATURE_SIZE + 1 };

/* What is signed: lines, so that nothing in one of them can be taken for another. */
static BpStr signed_octets(BpStr site, const JournalPosition *position, uint8_t memory[SIGNED_MAX])
{
    char digest[HEX_MAX];
    BpBuf out = bp_buf(memory, SIGNED_MAX);
    bp_buf_printf(&out, "bacpipes checkpoint 1\n%.*s\n%" PRId64 "\n%" PRId64 "\n%s\n", BP_STR_ARGS(site),
                  position->epoch, position->seq, sign_hex(position->digest, SIGN_DIGEST_SIZE, digest));
    return bp_buf_text(&out);
}

void journal_checkpoint_sign(BpStr site, const JournalPosition *position, const SignKey *key,
                             JournalCheckpoint *ret_checkpoint)
{
    uint8_t memory[SIGNED_MAX];
    ret_checkpoint->position = *position;
    memcpy(ret_checkpoint->key, sign_key_public(key), SIGN_PUBLIC_SIZE);
    sign_make(key, signed_octets(site, position, memory), ret_checkpoint->signature);
}

bool journal_checkpoint_is_signed(BpStr site, const JournalCheckpoint *checkpoint)
{
    uint8_t memory[SIGNED_MAX];
    return sign_is_valid(checkpoint->key, signed_octets(site, &checkpoint->position, memory),
                         checkpoint->signature);
}

static BpStr handed_octets(BpStr site, const uint8_t former[SIGN_PUBLIC_SIZE],
                           const uint8_t key[SIGN_PUBLIC_SIZE], uint8_t memory[SIGNED_MAX])
{
    char former_hex[HEX_MAX], key_hex[HEX_MAX];
    BpBuf out = bp_buf(memory, SIGNED_MAX);
    bp_buf_printf(&out, "bacpipes key 1\n%.*s\n%s\n%s\n", BP_STR_ARGS(site),
                  sign_hex(former, SIGN_PUBLIC_SIZE, former_hex), sign_hex(key, SIGN_PUBLIC_SIZE, key_hex));
    return bp_buf_text(&out);
}

void journal_handover_sign(BpStr site, const SignKey *former, const uint8_t key[SIGN_PUBLIC_SIZE],
                           JournalHandover *ret_handover)
{
    uint8_t memory[SIGNED_MAX];
    memcpy(ret_handover->former, sign_key_public(former), SIGN_PUBLIC_SIZE);
    sign_make(former, handed_octets(site, ret_handover->former, key, memory), ret_handover->signature);
}

bool journal_handover_is_signed(BpStr site, const JournalHandover *handover,
                                const uint8_t key[SIGN_PUBLIC_SIZE])
{
    uint8_t memory[SIGNED_MAX];
    return sign_is_valid(handover->former, handed_octets(site, handover->former, key, memory),
                         handover->signature);
}

static bool read_hex(const json_t *body, const char *name, uint8_t *ret_octets, size_t size)
{
    const json_t *value = json_object_get(body, name);
    return json_is_string(value) &&
           sign_from_hex((BpStr){json_string_value(value), json_string_length(value)}, ret_octets, size);
}

static bool read_integer(const json_t *body, const char *name, int64_t *ret_value)
{
    const json_t *value = json_object_get(body, name);
    *ret_value = json_integer_value(value);
    return json_is_integer(value) && *ret_value > 0;
}

BpStatus journal_checkpoint_read(BpStr body, JournalCheckpoint *ret_checkpoint, BpError *err)
{
    JournalCheckpoint read;
    json_auto_t *json = json_loadb(body.data, body.size, 0, NULL);
    if (!read_integer(json, "epoch", &read.position.epoch) ||
        !read_integer(json, "seq", &read.position.seq) ||
        !read_hex(json, "digest", read.position.digest, SIGN_DIGEST_SIZE) ||
        !read_hex(json, "key", read.key, SIGN_PUBLIC_SIZE) ||
        !read_hex(json, "signature", read.signature, SIGN_SIGNATURE_SIZE))
        return bp_fail(err, BP_MALFORMED,
                       "it has not the epoch, seq, digest, key and signature of a checkpoint");
    *ret_checkpoint = read;
    return BP_OK;
}

BpStatus journal_handover_read(BpStr body, JournalHandover *ret_handover, BpError *err)
{
    JournalHandover read;
    json_auto_t *json = json_loadb(body.data, body.size, 0, NULL);
    if (!read_hex(json, "former", read.former, SIGN_PUBLIC_SIZE) ||
        !read_hex(json, "former_signature", read.signature, SIGN_SIGNATURE_SIZE))
        return bp_fail(err, BP_NOT_FOUND, "no former key has signed for it");
    *ret_handover = read;
    return BP_OK;
}
