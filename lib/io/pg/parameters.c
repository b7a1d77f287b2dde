#include "io/pg/parameters.h"

#include "base/time.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { PARAMETER_TEXT_MAX = 40 }; /* of a number or an instant */

static size_t parameter_size(const PgValue *value)
{
    return value->kind == PG_TEXT ? value->text.size + 1 : PARAMETER_TEXT_MAX;
}

static int write_parameter(const PgValue *value, char *out)
{
    switch (value->kind) {
    case PG_TEXT:
        if (value->text.size)
            memcpy(out, value->text.data, value->text.size);
        out[value->text.size] = '\0';
        return (int)value->text.size;
    case PG_INTEGER: return snprintf(out, PARAMETER_TEXT_MAX, "%" PRId64, value->integer);
    case PG_DOUBLE: return snprintf(out, PARAMETER_TEXT_MAX, "%.17g", value->real);
    case PG_BOOL: return snprintf(out, PARAMETER_TEXT_MAX, "%s", value->truth ? "t" : "f");
    case PG_TIME: bp_time_format(value->instant_us, 6, out); return (int)strlen(out);
    case PG_NULL:
    case PG_OCTETS: break;
    }
    return 0;
}

void pg_parameters_set(PgParameters *parameters, const PgValue *values, size_t count)
{
    assert(count <= PG_VALUES_MAX);
    size_t size = 0;
    for (size_t i = 0; i < count; i++)
        size += values[i].kind == PG_OCTETS ? values[i].text.size + 1 : parameter_size(&values[i]);
    parameters->count = (int)count;
    parameters->memory = malloc(size ? size : 1);
    if (!parameters->memory)
        abort();
    char *out = parameters->memory;
    for (size_t i = 0; i < count; i++) {
        parameters->texts[i] = values[i].kind == PG_NULL ? NULL : out;
        if (values[i].kind == PG_OCTETS) {
            parameters->formats[i] = 1;
            parameters->lengths[i] = (int)values[i].text.size;
            if (values[i].text.size)
                memcpy(out, values[i].text.data, values[i].text.size);
            out += values[i].text.size + 1;
        } else {
            parameters->lengths[i] = write_parameter(&values[i], out);
            out += parameter_size(&values[i]);
        }
    }
}

void pg_parameters_done(PgParameters *parameters)
{
    free(parameters->memory);
}
