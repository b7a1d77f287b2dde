/* The normals are those that the national weather services publish, written down from memory and rounded:
 * temperatures to about half a kelvin, humidity to 3 %, sunshine to a tenth. They say what kind of year it
 * is, not what a certain station measured. */
#include "apps/sim/world/climate.h"

const Climate climates[] = {
    {.name = "lisbon",
     .title = "Lisbon",
     .zone = "Europe/Lisbon",
     .source = "IPMA, Instituto Portugues do Mar e da Atmosfera: Lisboa/Geofisico, normals 1981-2010",
     .country = CLIMATE_PORTUGAL,
     .utc_hours = 0,
     .latitude = 38.72,
     .longitude = -9.15,
     .haze_beam = 0.35,
     .haze_diffuse = 2.40,
     .overcast = 0.36,
     .afternoon = -0.2,
     .skew = 0.12,
     .months = {{11.6, 14.8, 8.3, 80, 143, 2.3, 2.0},
                {12.7, 16.2, 9.1, 77, 157, 2.2, 2.0},
                {14.9, 18.8, 11.0, 71, 208, 2.4, 2.0},
                {15.9, 19.8, 11.9, 69, 234, 2.5, 1.9},
                {18.0, 22.1, 13.9, 67, 291, 2.8, 1.8},
                {21.2, 25.7, 16.6, 65, 303, 3.0, 1.7},
                {23.1, 27.9, 18.2, 62, 353, 2.9, 1.6},
                {23.5, 28.3, 18.6, 62, 344, 2.7, 1.6},
                {22.1, 26.5, 17.6, 66, 261, 2.6, 1.8},
                {18.8, 22.5, 15.1, 72, 214, 2.4, 2.0},
                {15.0, 18.2, 11.8, 77, 156, 2.3, 2.1},
                {12.4, 15.3, 9.4, 80, 143, 2.4, 2.1}}},
    {.name = "macau",
     .title = "Macau",
     .zone = "Asia/Macau",
     .source = "SMG, Macao Meteorological and Geophysical Bureau: Taipa Grande, normals 1991-2020",
     .country = CLIMATE_MACAU,
     .utc_hours = 8,
     .latitude = 22.16,
     .longitude = 113.57,
     .haze_beam = 0.48,
     .haze_diffuse = 1.95,
     .overcast = 0.25,
     .afternoon = 0,
     .skew = -0.05,
     .months = {{15.2, 18.7, 12.6, 74, 127, 3.0, 3.2},
                {16.2, 19.2, 13.9, 80, 80, 3.1, 2.6},
                {18.7, 21.6, 16.4, 84, 72, 2.8, 2.0},
                {22.4, 25.3, 20.2, 86, 85, 2.2, 1.5},
                {25.8, 28.6, 23.7, 84, 137, 1.7, 1.1},
                {27.9, 30.6, 25.7, 84, 155, 1.2, 0.7},
                {28.4, 31.4, 26.1, 82, 223, 1.1, 0.6},
                {28.2, 31.2, 25.9, 81, 195, 1.1, 0.7},
                {27.4, 30.3, 25.1, 78, 176, 1.3, 1.4},
                {25.2, 28.1, 22.9, 73, 193, 1.7, 2.4},
                {21.4, 24.4, 19.0, 72, 172, 2.4, 3.0},
                {17.0, 20.4, 14.3, 69, 159, 2.9, 3.6}}},
    {.name = "kuala-lumpur",
     .title = "Kuala Lumpur",
     .zone = "Asia/Kuala_Lumpur",
     .source = "MetMalaysia, Malaysian Meteorological Department: Subang, normals 1991-2020",
     .country = CLIMATE_MALAYSIA,
     .utc_hours = 8,
     .latitude = 3.13,
     .longitude = 101.69,
     .haze_beam = 0.47,
     .haze_diffuse = 2.00,
     .overcast = 0.28,
     .afternoon = 0.6,
     .skew = 0,
     .months = {{27.2, 32.3, 23.8, 80, 185, 0.8, 0.6},
                {27.7, 33.2, 24.1, 79, 192, 0.8, 0.7},
                {28.1, 33.6, 24.5, 79, 208, 0.8, 0.6},
                {28.2, 33.6, 24.9, 81, 199, 0.8, 0.5},
                {28.5, 33.4, 25.2, 80, 207, 0.8, 0.5},
                {28.3, 33.1, 24.9, 79, 194, 0.8, 0.5},
                {27.9, 32.8, 24.5, 79, 200, 0.8, 0.5},
                {27.9, 32.8, 24.5, 79, 189, 0.8, 0.5},
                {27.6, 32.6, 24.4, 81, 164, 0.8, 0.5},
                {27.4, 32.6, 24.3, 82, 169, 0.8, 0.5},
                {27.0, 32.2, 24.2, 84, 152, 0.7, 0.5},
                {27.0, 31.9, 24.0, 83, 163, 0.8, 0.5}}},
};
const size_t climate_count = sizeof climates / sizeof climates[0];

const Climate *climate_find(BpStr name)
{
    for (size_t i = 0; i < climate_count; i++)
        if (bp_str_equal(name, bp_str(climates[i].name)))
            return &climates[i];
    return NULL;
}

BpStr climate_names(void)
{
    return bp_str("lisbon, macau, kuala-lumpur");
}
