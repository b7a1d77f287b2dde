/* Orders of faults: they are refused with a sentence, or end, are within their text, and end after they
 * begin. */
#include "apps/sim/defect/order.h"

#include <assert.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void lies_within(BpStr part, BpStr whole)
{
    assert(part.size == 0 || (part.data >= whole.data && part.data + part.size <= whole.data + whole.size));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const BpStr text = {(const char *)data, size};
    DefectOrders orders = {.text = text};
    DefectOrder order;
    BpError err = {0};
    bool has = true;
    for (size_t count = 0; has; count++) {
        assert(count <= size);
        if (defect_orders_next(&orders, &order, &has, &err) != BP_OK) {
            assert(err.status == BP_INVALID && err.text[0]);
            return 0;
        }
        if (!has)
            break;
        lies_within(order.what, text);
        lies_within(order.fault, text);
        lies_within(order.value, text);
        assert(order.from_us < order.until_us);
    }
    return 0;
}
