#include "apps/sim/world/sun.h"

#include "base/time.h"

#include <math.h>

static const double RADIANS = M_PI / 180;

/* 2000-01-01T12:00Z, from which the almanac counts its days. */
static const int64_t J2000_US = INT64_C(946728000) * BP_SECOND;

void sun_at(double latitude, double longitude, int64_t at_us, Sun *ret_sun)
{
    const double days = (double)(at_us - J2000_US) / (double)BP_DAY;
    const double anomaly = RADIANS * (357.528 + 0.9856003 * days);
    const double ecliptic =
        RADIANS * (280.460 + 0.9856474 * days + 1.915 * sin(anomaly) + 0.020 * sin(2 * anomaly));
    const double tilt = RADIANS * (23.439 - 0.0000004 * days);
    const double sine = sin(ecliptic);
    const double ascension = atan2(cos(tilt) * sine, cos(ecliptic));
    const double south = sin(tilt) * sine; /* sine of the declination */
    const double level = sqrt(1 - south * south);
    const double sidereal = RADIANS * fmod(280.46062 + 360.98564737 * days + longitude, 360);
    const double angle = sidereal - ascension; /* of the hour: 0 at noon, growing westwards */
    const double north = RADIANS * latitude;
    const double up = sin(north) * south + cos(north) * level * cos(angle);
    const double east = -level * sin(angle);
    const double ahead = cos(north) * south - sin(north) * level * cos(angle);
    const double azimuth = atan2(east, ahead) / RADIANS;
    const double distance = 1.00014 - 0.01671 * cos(anomaly) - 0.00014 * cos(2 * anomaly);
    *ret_sun = (Sun){.height = asin(up) / RADIANS,
                     .azimuth = azimuth < 0 ? azimuth + 360 : azimuth,
                     .sine = up,
                     .beyond = 1361 / (distance * distance)};
}

void sun_clear(const Sun *sun, double haze_beam, double haze_diffuse, double *ret_direct, double *ret_diffuse)
{
    *ret_direct = *ret_diffuse = 0;
    if (sun->height <= 0)
        return;
    /* Air mass after Kasten and Young (1989), which holds down to the horizon. */
    const double mass = 1 / (sun->sine + 0.50572 * pow(6.07995 + sun->height, -1.6364));
    const double beam_power =
        1.454 - 0.406 * haze_beam - 0.268 * haze_diffuse + 0.021 * haze_beam * haze_diffuse;
    const double diffuse_power =
        0.507 + 0.205 * haze_beam - 0.080 * haze_diffuse - 0.190 * haze_beam * haze_diffuse;
    *ret_direct = sun->beyond * exp(-haze_beam * pow(mass, beam_power));
    *ret_diffuse = sun->beyond * exp(-haze_diffuse * pow(mass, diffuse_power));
}

double sun_day_hours(double latitude, double day_of_year)
{
    const double declination = 23.45 * sin(2 * M_PI * (284 + day_of_year) / 365);
    const double cosine = -tan(RADIANS * latitude) * tan(RADIANS * declination);
    return 24 / M_PI * acos(fmax(-1, fmin(1, cosine)));
}
