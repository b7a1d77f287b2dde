/* ReadPropertyMultiple (ASHRAE 135, clause 15.7). */
#include "bacnet/service/read_multiple.h"

#include "bacnet/service/error.h"
#include "bacnet/wire/parameter.h"

#include <assert.h>

/* Context tags of a request: an object, its list, and in it properties with their indexes from 0 on. */
enum { OBJECT = 0, LIST = 1, REQUEST_PROPERTY = 0 };

/* Those of an answer: in the list properties with their indexes from 2 on, each with its values or error. */
enum { ANSWER_PROPERTY = 2, VALUES = 4, REFUSAL = 5 };

/* An object identifier with its tag, and the tags that open and close its list. */
enum { OBJECT_SIZE = 5 + 2 };

void bac_read_multiple_encode(BpBuf *out, const BacReference *references, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const BacReference *reference = &references[i];
        if (i == 0 || !bac_object_equal(reference->object, references[i - 1].object)) {
            bac_parameter_put_object(out, OBJECT, reference->object);
            bac_tag_encode(out, BAC_OPENING, LIST, 0);
        }
        bac_parameter_put_property(out, REQUEST_PROPERTY, reference->property, reference->index);
        if (i + 1 == count || !bac_object_equal(reference->object, references[i + 1].object))
            bac_tag_encode(out, BAC_CLOSING, LIST, 0);
    }
}

size_t bac_read_multiple_request_size(const BacReference *reference, bool object_is_new)
{
    return (object_is_new ? OBJECT_SIZE : 0) +
           bac_parameter_property_size(reference->property, reference->index);
}

size_t bac_read_multiple_answer_size(const BacReference *reference, bool object_is_new)
{
    /* The same, and the tags around the values. */
    return bac_read_multiple_request_size(reference, object_is_new) + 2;
}

/* Goes on to the next reference: past the ends of lists, and into the next one. */
static BpStatus enter_list(BacReadMultiple *walk, BpError *err)
{
    BacTag tag;
    for (;;) {
        if (walk->in_object) {
            if (!bac_tag_is_next(&walk->in, BAC_CLOSING, LIST))
                return BP_OK;
            BP_TRY(bac_tag_expect(&walk->in, BAC_CLOSING, LIST, &tag, err));
        } else {
            if (!walk->in.failed && bp_cursor_remaining(&walk->in) == 0)
                return BP_NOT_FOUND;
            BP_TRY(bac_parameter_object(&walk->in, OBJECT, &walk->object, err));
            BP_TRY(bac_tag_expect(&walk->in, BAC_OPENING, LIST, &tag, err));
        }
        walk->in_object = !walk->in_object;
    }
}

BpStatus bac_read_multiple_next(BacReadMultiple *walk, BacReference *ret_reference, BpError *err)
{
    assert(walk && ret_reference);
    BacReference reference;
    BP_TRY(enter_list(walk, err));
    BP_TRY(bac_parameter_property(&walk->in, REQUEST_PROPERTY, &reference.property, &reference.index, err));
    reference.object = walk->object;
    *ret_reference = reference;
    return BP_OK;
}

static BpStatus read_outcome(BpCursor *in, BacReadResult *result, BpError *err)
{
    if (!bac_tag_is_next(in, BAC_OPENING, REFUSAL))
        return bac_parameter_values(in, VALUES, &result->value, err);
    BpCursor refusal;
    const BpStatus status = bac_parameter_values(in, REFUSAL, &refusal, err);
    return status == BP_OK ? bac_error_decode(&refusal, &result->refusal, err) : status;
}

BpStatus bac_read_multiple_ack_next(BacReadMultiple *walk, BacReadResult *ret_result, BpError *err)
{
    assert(walk && ret_result);
    BacReadResult result = {0};
    BacReference *reference = &result.reference;
    BP_TRY(enter_list(walk, err));
    BP_TRY(bac_parameter_property(&walk->in, ANSWER_PROPERTY, &reference->property, &reference->index, err));
    BP_TRY(read_outcome(&walk->in, &result, err));
    reference->object = walk->object;
    *ret_result = result;
    return BP_OK;
}

void bac_read_multiple_ack_open(BpBuf *out, BacObjectId object)
{
    bac_parameter_put_object(out, OBJECT, object);
    bac_tag_encode(out, BAC_OPENING, LIST, 0);
}

void bac_read_multiple_ack_begin(BpBuf *out, uint32_t property, uint32_t index)
{
    bac_parameter_put_property(out, ANSWER_PROPERTY, property, index);
    bac_tag_encode(out, BAC_OPENING, VALUES, 0);
}

void bac_read_multiple_ack_end(BpBuf *out)
{
    bac_tag_encode(out, BAC_CLOSING, VALUES, 0);
}

void bac_read_multiple_ack_add(BpBuf *out, uint32_t property, uint32_t index, BpStr value)
{
    bac_read_multiple_ack_begin(out, property, index);
    bp_buf_str(out, value);
    bac_read_multiple_ack_end(out);
}

void bac_read_multiple_ack_refuse(BpBuf *out, uint32_t property, uint32_t index, BacRefusal refusal)
{
    bac_parameter_put_property(out, ANSWER_PROPERTY, property, index);
    bac_tag_encode(out, BAC_OPENING, REFUSAL, 0);
    bac_error_encode(out, refusal);
    bac_tag_encode(out, BAC_CLOSING, REFUSAL, 0);
}

void bac_read_multiple_ack_close(BpBuf *out)
{
    bac_tag_encode(out, BAC_CLOSING, LIST, 0);
}
