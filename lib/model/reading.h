/* A reading: what a point was at an instant, and how far it can be trusted. */
#ifndef MODEL_READING_H
#define MODEL_READING_H

#include "base/error.h"
#include "base/str.h"

typedef enum MdlQuality { MDL_GOOD = 0, MDL_UNCERTAIN = 1, MDL_BAD = 2 } MdlQuality;

/* "good", "uncertain", "bad": the words of the database. */
const char *mdl_quality_name(MdlQuality quality);

typedef struct MdlReading {
    int32_t point_id;
    int64_t at_us;
    double value; /* meaningless where has_value is false; always finite */
    bool has_value;
    MdlQuality quality;
    BpStr reason; /* why the quality is not good: "timeout", "fault: open-loop", "out-of-service"; empty when
                     good */
} MdlReading;

#endif
