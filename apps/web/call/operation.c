/* Paths are matched piece by piece: a piece in braces is anything that is not empty and has no slash. */
#include "apps/web/call/operation.h"

static bool piece_is_value(BpStr piece)
{
    return piece.size > 2 && piece.data[0] == '{' && piece.data[piece.size - 1] == '}';
}

static bool path_fits(const char *pattern, BpStr path, BpStr values[OPERATION_VALUES_MAX])
{
    BpStr left = bp_str(pattern);
    size_t count = 0;
    do {
        const bool is_last = memchr(left.data, '/', left.size) == NULL;
        if (is_last != (memchr(path.data, '/', path.size) == NULL))
            return false;
        const BpStr wanted = bp_str_cut(left, '/', &left);
        const BpStr piece = bp_str_cut(path, '/', &path);
        if (piece_is_value(wanted)) {
            if (piece.size == 0)
                return false;
            values[count++] = piece;
        } else if (!bp_str_equal(wanted, piece)) {
            return false;
        }
        if (is_last)
            return true;
    } while (true);
}

OperationMatch operation_match(const Operation *operations, size_t count, HttpdMethod method, BpStr path)
{
    OperationMatch match = {0};
    const HttpdMethod asked = method == HTTPD_HEAD ? HTTPD_GET : method;
    if (!path.size)
        return match;
    for (size_t i = 0; i < count; i++) {
        BpStr values[OPERATION_VALUES_MAX] = {{0}};
        if (!path_fits(operations[i].path, path, values))
            continue;
        match.methods |= 1U << operations[i].method;
        if (operations[i].method == asked && !match.operation) {
            match.operation = &operations[i];
            memcpy(match.values, values, sizeof values);
        }
    }
    return match;
}

int operation_value(const Operation *operation, const char *name)
{
    BpStr left = bp_str(operation->path);
    const BpStr wanted = bp_str(name);
    for (int place = 0; left.size;) {
        const BpStr piece = bp_str_cut(left, '/', &left);
        if (!piece_is_value(piece))
            continue;
        if (bp_str_equal((BpStr){piece.data + 1, piece.size - 2}, wanted))
            return place;
        place++;
    }
    return -1;
}
