#include "apps/sim/world/weather.h"

#include "apps/sim/world/air.h"
#include "apps/sim/world/chance.h"
#include "apps/sim/world/date.h"
#include "apps/sim/world/sun.h"

#include "base/time.h"

#include <math.h>

/* Hours after which a process has forgotten all but 1/e. */
static const double SPELL_H = 60, MOISTURE_H = 40, CLOUD_H = 14;

/* So much of the cloud process lies between a clear and a covered sky: small, since skies are mostly one or
 * the other. */
static const double CLOUD_WIDTH = 0.5;

/* Of broken clouds that pass, in tens of minutes. */
static const double FLICKER = 0.25;

/* Hours of a day in which the sun is too low for recorders. */
static const double HORIZON_H = 0.7;

/* What weather that changes adds to the range from a day's highest to its lowest: the day's own swing leaves
 * it out. Times the spells' square, over the range: they add up crosswise. */
static const double RESTLESS = 0.8;

/* No spell goes further from the normals than about this many standard deviations. What the bend takes from
 * all is given back. */
static const double SPELL_MOST = 3.2, SPELL_BACK = 1.08;

/* K for each hour that a day is longer than its night, by which clear days are warmer than dull ones; in
 * winter they are colder. */
static const double SUNNY_WARMTH = 0.25;

/* The share of a spell that the dew point takes part in, and K by which dull days are moister than clear
 * ones. */
static const double MOIST_SPELL = 0.8, MOIST_DULL = 2.5;

/* K that dew keeps between temperature and dew point, when more vapour is there than the night air holds. */
static const double DEW_K = 0.3;

static double between(double from, double to, double share)
{
    return from + (to - from) * share;
}

/* Share of normally distributed values below `value`. */
static double share_below(double value)
{
    return 0.5 * erfc(-value * M_SQRT1_2);
}

/* Goes on to `hour` in a process that forgets within `memory` hours (AR(1)). It is begun anew five memories
 * before, so that it is a sum of what happened in this window, whoever asks. */
static double process(uint64_t chance, double memory, int64_t hour)
{
    const double kept = exp(-1 / memory);
    double value = 0;
    for (int64_t at = hour - (int64_t)(5 * memory); at <= hour; at++)
        value = kept * value + chance_normal(chance, at);
    return value * sqrt(1 - kept * kept);
}

/* The month's normals at an instant: a smooth curve through the middles of months (Catmull and Rom's), which
 * keeps their means within a tenth of a kelvin. */
static ClimateMonth normals(const Climate *climate, double months)
{
    const double from = floor(months - 0.5), t = months - 0.5 - from;
    const double weights[4] = {t * (t * (2 - t) - 1) / 2, (t * t * (3 * t - 5) + 2) / 2,
                               t * (t * (4 - 3 * t) + 1) / 2, t * t * (t - 1) / 2};
    ClimateMonth sum = {0};
    for (int i = 0; i < 4; i++) {
        const ClimateMonth *month = &climate->months[((int)from + i + 11) % 12];
        sum.mean += weights[i] * month->mean;
        sum.warmest += weights[i] * month->warmest;
        sum.coldest += weights[i] * month->coldest;
        sum.humidity += weights[i] * month->humidity;
        sum.sunshine += weights[i] * month->sunshine;
        sum.spell += weights[i] * month->spell;
        sum.moisture += weights[i] * month->moisture;
    }
    return sum;
}

typedef struct Clouds {
    double now;      /* standard normal */
    double dullness; /* mean cover of the day around: 0 to 1 */
} Clouds;

/* `half` is the process' value at which half of the sky is covered. */
static Clouds clouds_of(uint64_t seed, int64_t hour, double half)
{
    const uint64_t chance = chance_of(seed, CHANCE_CLOUD);
    const double kept = exp(-1 / CLOUD_H), scale = sqrt(1 - kept * kept);
    Clouds clouds = {0};
    double value = 0;
    for (int64_t at = hour - 12 - (int64_t)(5 * CLOUD_H); at <= hour + 12; at++) {
        value = kept * value + chance_normal(chance, at) * scale;
        if (at >= hour - 12)
            clouds.dullness += share_below((value - half) / CLOUD_WIDTH) / 25;
        if (at == hour)
            clouds.now = value;
    }
    return clouds;
}

/* The process' value at which half of the sky is covered, so that the sun shines for so many hours of a
 * month: recorders count while the beam has 120 W/m2, which four fifths of cloud still let through, but not
 * close to the horizon. */
static double half_covered(double sunshine, double possible)
{
    const double sunny = fmin(0.95, fmax(0.05, sunshine / possible));
    /* The logistic curve is near enough to the normal distribution's. */
    return log(sunny / (1 - sunny)) / 1.702 - 0.84 * CLOUD_WIDTH;
}

static WeatherHour hour_of(const Climate *climate, uint64_t seed, int64_t hour)
{
    const double years = (double)hour / (365.2425 * 24), year = years - floor(years);
    const ClimateMonth month = normals(climate, 12 * year);
    const double daylight = sun_day_hours(climate->latitude, 365 * year + 1);
    const double possible = 365.2425 / 12 * (daylight - HORIZON_H);
    const double half = half_covered(month.sunshine, possible);
    const Clouds clouds = clouds_of(seed, hour, half);
    const double duller = clouds.dullness - share_below(-half / sqrt(1 + CLOUD_WIDTH * CLOUD_WIDTH));
    const double spell =
        SPELL_BACK * SPELL_MOST * tanh(process(chance_of(seed, CHANCE_SPELL), SPELL_H, hour) / SPELL_MOST);
    const double off = month.spell * (spell + climate->skew * (spell * spell - 1));
    const double warmth = off - SUNNY_WARMTH * (2 * daylight - 24) * duller;
    const double moisture = month.moisture * process(chance_of(seed, CHANCE_MOISTURE), MOISTURE_H, hour);
    const double range = month.warmest - month.coldest;
    /* The mean of humidities is more than the humidity of means: saturation bends by 0.0036 a square kelvin,
     * half of it for what the temperature swings around the dew point. */
    const double humidity =
        month.humidity * (1 - 0.0018 * (range * range / 8 + month.moisture * month.moisture));
    return (WeatherHour){.temperature = month.mean + warmth,
                         .swing = (range - RESTLESS * month.spell * month.spell / range) * (1 - 0.5 * duller),
                         .upward = (month.warmest - month.mean) / range - 0.5,
                         .dew_point = air_dew_point(air_vapour(month.mean, humidity)) + MOIST_SPELL * off +
                                      moisture + MOIST_DULL * duller,
                         .cloud = (clouds.now - half) / CLOUD_WIDTH};
}

/* Of the sun's hours: the coldest before sunrise, the warmest at three; mean 0, and 1 from one to the other.
 * It goes `upward` further up than down. */
static double daily(double hour, double upward)
{
    return 0.5 * cos(2 * M_PI * (hour - 15) / 24) + upward * cos(4 * M_PI * (hour - 14.5) / 24);
}

/* Passing clouds, by tens of minutes. */
static double flicker(uint64_t seed, int64_t minute)
{
    const uint64_t chance = chance_of(seed, CHANCE_FLICKER);
    const int64_t ten = date_floored(minute, 10);
    return FLICKER * between(chance_normal(chance, ten), chance_normal(chance, ten + 1),
                             (double)(minute - 10 * ten) / 10);
}

static void shine(const Climate *climate, int64_t minute, Sky *sky)
{
    Sun sun;
    sun_at(climate->latitude, climate->longitude, minute * BP_MINUTE, &sun);
    sky->sun_height = sun.height;
    sky->sun_azimuth = sun.azimuth;
    double beam, around;
    sun_clear(&sun, climate->haze_beam, climate->haze_diffuse, &beam, &around);
    const double clear = beam * fmax(0, sun.sine) + around;
    /* Of the whole, clouds take as Kasten and Czeplak (1980) measured; of the beam, by the share that they
     * cover. */
    sky->global = clear * (1 - (1 - climate->overcast) * pow(sky->cloud, 3.4));
    sky->direct = beam * (1 - sky->cloud);
    sky->diffuse = sky->global - sky->direct * fmax(0, sun.sine);
}

static Sky minute_of(const Climate *climate, uint64_t seed, int64_t minute, const WeatherHour hours[2])
{
    const double share = (double)(minute - 60 * date_floored(minute, 60)) / 60;
    const double solar = fmod((double)minute / 60 + climate->longitude / 15, 24);
    const double swing = between(hours[0].swing, hours[1].swing, share);
    const double upward = between(hours[0].upward, hours[1].upward, share);
    Sky sky = {.temperature =
                   between(hours[0].temperature, hours[1].temperature, share) + swing * daily(solar, upward)};
    const double apart = sky.temperature - between(hours[0].dew_point, hours[1].dew_point, share);
    const double kept = (apart + sqrt(apart * apart + 4 * DEW_K * DEW_K)) / 2;
    sky.vapour = air_saturated(sky.temperature - kept);
    sky.humidity = air_humidity(sky.temperature, sky.vapour);
    sky.wet_bulb = air_wet_bulb(sky.temperature, sky.vapour);
    /* Mean 0 while the sun is up. */
    const double afternoon = climate->afternoon * (cos(2 * M_PI * (solar - 16) / 24) - 0.32);
    sky.cloud = share_below(between(hours[0].cloud, hours[1].cloud, share) +
                            (flicker(seed, minute) + afternoon) / CLOUD_WIDTH);
    shine(climate, minute, &sky);
    return sky;
}

static double angle_between(double from, double to, double share)
{
    const double turn = remainder(to - from, 360), angle = from + turn * share;
    return angle < 0 ? angle + 360 : angle >= 360 ? angle - 360 : angle;
}

static void sky_of(const Climate *climate, uint64_t seed, int64_t minute, WeatherCache *cache, Sky *ret_sky)
{
    const int64_t hour = date_floored(minute, 60);
    if (cache->hour != hour) {
        cache->hours[0] = cache->hour == hour - 1 ? cache->hours[1] : hour_of(climate, seed, hour);
        cache->hours[1] = hour_of(climate, seed, hour + 1);
        cache->hour = hour;
    }
    *ret_sky = minute_of(climate, seed, minute, cache->hours);
}

void weather_cached(const Climate *climate, uint64_t seed, int64_t at_us, WeatherCache *cache, Sky *ret_sky)
{
    if (!cache->is_filled || cache->seed != seed || cache->longitude != climate->longitude)
        *cache = (WeatherCache){.is_filled = true,
                                .seed = seed,
                                .longitude = climate->longitude,
                                .hour = INT64_MIN,
                                .minute = INT64_MIN};
    const int64_t minute = date_floored(at_us, BP_MINUTE);
    Sky *from = &cache->skies[0], *to = &cache->skies[1];
    if (cache->minute != minute) {
        if (cache->minute == minute - 1)
            *from = *to;
        else
            sky_of(climate, seed, minute, cache, from);
        sky_of(climate, seed, minute + 1, cache, to);
        cache->minute = minute;
    }
    const double share = (double)(at_us - minute * BP_MINUTE) / (double)BP_MINUTE;
    *ret_sky = (Sky){.temperature = between(from->temperature, to->temperature, share),
                     .vapour = between(from->vapour, to->vapour, share),
                     .humidity = between(from->humidity, to->humidity, share),
                     .wet_bulb = between(from->wet_bulb, to->wet_bulb, share),
                     .direct = between(from->direct, to->direct, share),
                     .diffuse = between(from->diffuse, to->diffuse, share),
                     .global = between(from->global, to->global, share),
                     .sun_height = between(from->sun_height, to->sun_height, share),
                     .sun_azimuth = angle_between(from->sun_azimuth, to->sun_azimuth, share),
                     .cloud = between(from->cloud, to->cloud, share)};
}

void weather_at(const Climate *climate, uint64_t seed, int64_t at_us, Sky *ret_sky)
{
    WeatherCache cache = {0};
    weather_cached(climate, seed, at_us, &cache, ret_sky);
}

double sun_on_wall(const Sky *sky, double azimuth)
{
    const double height = sky->sun_height * M_PI / 180, beside = (sky->sun_azimuth - azimuth) * M_PI / 180;
    const double beam = sky->direct * fmax(0, cos(height) * cos(beside));
    return beam + 0.5 * sky->diffuse + 0.5 * 0.2 * sky->global;
}
