/* Frames of readings, and back: codec_bench NAME TRENDS HOURS [FRAMES]
 *
 * TRENDS is a folder with a file of CSV for each point, or one such file with a column for each (as `bacpipes
 * sim --csv` writes it): one line of it is a reading every 15 s. Each frame has what 20 s bring; all are
 * decoded again and compared. Prints `figure NAME VALUE UNIT`. FRAMES is a file for the frames: a line of
 * each, how many readings it has and its octets in hex. */
#include "base/parse.h"
#include "base/time.h"
#include "journal/frame.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { POINTS = 500, POINTS_A_DEVICE = 25, LINES_LEAST = 200, FLUSH_S = 20, POLL_S = 15, KEY_S = 900 };

typedef struct Readings {
    JournalReading *items;
    size_t count, capacity;
} Readings;

static void add(Readings *readings, JournalReading reading)
{
    if (readings->count == readings->capacity) {
        readings->capacity = readings->capacity ? 2 * readings->capacity : 4096;
        readings->items = realloc(readings->items, readings->capacity * sizeof *readings->items);
        if (!readings->items)
            abort();
    }
    readings->items[readings->count++] = reading;
}

/* ---- where they are from ---- */

typedef struct Trend {
    double *values;
    size_t count, word_count;
    char *words[64]; /* of a point that has words instead of numbers: each has one */
} Trend;

static double number_of(Trend *trend, const char *value)
{
    char *end;
    const double number = strtod(value, &end);
    size_t word = 0;
    if (end != value && !*end)
        return number;
    while (word < trend->word_count && strcmp(trend->words[word], value) != 0)
        word++;
    if (word == trend->word_count && word < 63)
        trend->words[trend->word_count++] = strdup(value);
    return (double)word;
}

static void add_value(Trend *trend, const char *value)
{
    if (trend->count % 4096 == 0)
        trend->values = realloc(trend->values, (trend->count + 4096) * sizeof *trend->values);
    if (!trend->values)
        abort();
    trend->values[trend->count++] = number_of(trend, value);
}

/* The columns behind the first one, which is the time; returns how many. */
static size_t read_columns(const char *path, Trend *trends, size_t max)
{
    FILE *in = fopen(path, "r");
    char *line = NULL;
    size_t capacity = 0, count = 0, lines = 0;
    while (in && getline(&line, &capacity, in) > 0) {
        char *rest = line;
        line[strcspn(line, "\r\n")] = 0;
        (void)strsep(&rest, ",");
        for (count = 0; rest && count < max; count++) {
            const char *value = strsep(&rest, ",");
            if (lines > 0 && *value)
                add_value(&trends[count], value);
        }
        lines++;
    }
    free(line);
    if (in)
        fclose(in);
    return count;
}

static size_t find_trends(const char *path, Trend *trends, size_t max)
{
    struct dirent **entries;
    const int found = scandir(path, &entries, NULL, alphasort);
    if (found < 0)
        return read_columns(path, trends, max);
    size_t count = 0;
    for (int i = 0; i < found; i++) {
        char inner[4096];
        snprintf(inner, sizeof inner, "%s/%s", path, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.')
            count += find_trends(inner, trends + count, max - count);
        while (count > 0 && trends[count - 1].count < LINES_LEAST)
            trends[--count] = (Trend){0};
        free(entries[i]);
    }
    free(entries);
    return count;
}

static void read_trends(Readings *readings, const char *folder, int hours)
{
    static Trend trends[1024];
    const size_t found = find_trends(folder, trends, 1024);
    if (!found) {
        fprintf(stderr, "no trends in %s\n", folder);
        exit(1);
    }
    srandom(1);
    for (int64_t round = 0; round < hours * INT64_C(3600) / POLL_S; round++)
        for (int point = 0; point < POINTS; point++) {
            static int64_t answered_us;
            const Trend *trend = &trends[(size_t)point % found];
            const size_t at = ((size_t)point / found * 1777 + (size_t)round) % trend->count;
            if (point % POINTS_A_DEVICE == 0)
                answered_us = INT64_C(1790000000) * BP_SECOND + round * POLL_S * BP_SECOND + point * 400 +
                              random() % 1500;
            static const char *const types[] = {"analog-input", "analog-value", "binary-value",
                                                "analog-output"};
            add(readings, (JournalReading){.point_id = point + 1,
                                           .at_us = answered_us,
                                           .has_value = true,
                                           .value = (double)(float)trend->values[at],
                                           .units = bp_str("degrees-fahrenheit"),
                                           .has_object = true,
                                           .device_id = point / POINTS_A_DEVICE + 1,
                                           .object_type = bp_str(types[point % POINTS_A_DEVICE / 8]),
                                           .object_instance = point % 8 + 1});
        }
}

/* ---- there and back ---- */

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

typedef struct Taken {
    size_t count;
    uint64_t sum;
} Taken;

static uint64_t sum_of(const JournalReading *reading)
{
    uint64_t bits = 0;
    if (reading->has_value)
        memcpy(&bits, &reading->value, sizeof bits);
    return (bits * 31 + (uint64_t)reading->at_us) * 0x9E3779B97F4A7C15U + (uint64_t)reading->point_id * 977 +
           reading->quality + reading->reason.size * 7 + reading->units.size * 13;
}

static void take(void *context, const JournalReading *reading)
{
    Taken *taken = context;
    taken->count++;
    taken->sum += sum_of(reading);
}

static void put_frame(FILE *out, size_t count, BpStr frame)
{
    fprintf(out, "%zu ", count);
    for (size_t i = 0; i < frame.size; i++)
        fprintf(out, "%02x", (uint8_t)frame.data[i]);
    fputc('\n', out);
}

int main(int argc, char **argv)
{
    Readings readings = {0};
    int64_t hours = 0;
    if ((argc != 4 && argc != 5) || bp_parse_i64(bp_str(argv[3]), 0, INT_MAX, &hours, NULL) != BP_OK) {
        fprintf(stderr, "usage: codec_bench NAME TRENDS HOURS [FRAMES]\n");
        return 64;
    }
    FILE *out = argc > 4 ? fopen(argv[4], "w") : NULL;
    if (argc > 4 && !out) {
        perror(argv[4]);
        return 1;
    }
    read_trends(&readings, argv[2], (int)hours);
    JournalFrameEncoder *encoder = journal_frame_encoder_new(1);
    JournalFrameDecoder *decoder = journal_frame_decoder_new();
    Taken taken = {0};
    uint64_t sum = 0;
    size_t octets = 0, key_octets = 0, keys = 0, frames = 0, later = 0, later_octets = 0;
    double encoding = 0, decoding = 0;
    int64_t key_at_us = INT64_MIN;
    BpBuf frame = bp_buf_growing(JOURNAL_FRAME_OCTETS_MAX);
    for (size_t begin = 0; begin < readings.count;) {
        size_t end = begin;
        const int64_t first_us = readings.items[begin].at_us;
        while (end < readings.count && end - begin < JOURNAL_FRAME_READINGS_MAX &&
               readings.items[end].at_us / (FLUSH_S * BP_SECOND) == first_us / (FLUSH_S * BP_SECOND))
            sum += sum_of(&readings.items[end++]);
        const bool is_key = first_us - key_at_us > KEY_S * BP_SECOND || key_at_us == INT64_MIN;
        BpError err = {0};
        JournalFrameAbout about;
        bp_buf_clear(&frame);
        const double began = seconds_now();
        if (journal_frame_encode(encoder, readings.items + begin, end - begin, is_key, &frame, &err) !=
            BP_OK) {
            fprintf(stderr, "%s\n", err.text);
            return 1;
        }
        journal_frame_committed(encoder);
        const double encoded = seconds_now();
        if (journal_frame_decode(decoder, bp_buf_text(&frame), take, &taken, &about, &err) != BP_OK) {
            fprintf(stderr, "%s\n", err.text);
            return 1;
        }
        decoding += seconds_now() - encoded;
        encoding += encoded - began;
        octets += frame.size;
        frames++;
        if (out)
            put_frame(out, end - begin, bp_buf_text(&frame));
        if (is_key) {
            keys++, key_octets += frame.size;
            key_at_us = first_us;
        } else {
            later += end - begin, later_octets += frame.size;
        }
        begin = end;
    }
    if (taken.count != readings.count || taken.sum != sum) {
        fprintf(stderr, "%zu readings became %zu others\n", readings.count, taken.count);
        return 1;
    }
    const double count = (double)readings.count;
    printf("figure codec_%s_octets_per_reading %.4f octets\n", argv[1], (double)octets / count);
    printf("figure codec_%s_octets_between_keys %.4f octets\n", argv[1],
           later ? (double)later_octets / (double)later : 0);
    printf("figure codec_%s_key_octets %.0f octets\n", argv[1], (double)key_octets / (double)keys);
    printf("figure codec_%s_encoded_per_s %.0f readings/s\n", argv[1], count / encoding);
    printf("figure codec_%s_decoded_per_s %.0f readings/s\n", argv[1], count / decoding);
    if (out && fclose(out) != 0) {
        perror(argv[4]);
        return 1;
    }
    bp_buf_done(&frame);
    journal_frame_encoder_free(encoder);
    journal_frame_decoder_free(decoder);
    return 0;
}
