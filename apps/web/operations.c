#include "apps/web/web.h"

const Operation web_operations[] = {
#define OPERATION(method, path, name, right, flags)                                                          \
    {HTTPD_##method, path, #name, RIGHT_##right, flags, web_##name},
#include "apps/web/operations.def"
#undef OPERATION
};
const size_t web_operation_count = sizeof web_operations / sizeof web_operations[0];
