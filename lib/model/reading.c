#include "model/reading.h"

const char *mdl_quality_name(MdlQuality quality)
{
    switch (quality) {
    case MDL_GOOD: return "good";
    case MDL_UNCERTAIN: return "uncertain";
    case MDL_BAD: return "bad";
    }
    return "bad";
}
