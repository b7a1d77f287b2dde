/* Frames of readings as rows: read_frames <FRAMES, a line each in hexadecimal, in the order of the journal.
 *
 * Prints a row a line: point, microseconds, bits of the value, quality, reason, units, device, object type,
 * object instance. */
#include "io/sign/sign.h"
#include "journal/frame.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static void print_text(BpStr text)
{
    printf(",%.*s", BP_STR_ARGS(text));
}

static void print_reading(void *context, const JournalReading *reading)
{
    (void)context;
    static const char *const qualities[] = {"good", "uncertain", "bad"};
    uint64_t bits;
    memcpy(&bits, &reading->value, sizeof bits);
    printf("%" PRId32 ",%" PRId64 ",", reading->point_id, reading->at_us);
    if (reading->has_value)
        printf("%016" PRIx64, bits);
    printf(",%s", qualities[reading->quality]);
    print_text(reading->reason);
    print_text(reading->units);
    if (reading->has_object) {
        printf(",%" PRId32, reading->device_id);
        print_text(reading->object_type);
        printf(",%" PRId32 "\n", reading->object_instance);
    } else {
        printf(",,,\n");
    }
}

/* In its place. What is not hexadecimal is no frame. */
static size_t from_hex(char *line)
{
    const size_t size = strcspn(line, "\n") / 2;
    return sign_from_hex((BpStr){line, strcspn(line, "\n")}, (uint8_t *)line, size) ? size : 0;
}

int main(void)
{
    JournalFrameDecoder *decoder = journal_frame_decoder_new();
    char *line = NULL;
    size_t capacity = 0;
    int wrong = 0;
    for (int number = 1; getline(&line, &capacity, stdin) > 0; number++) {
        BpError err;
        JournalFrameAbout about;
        const BpStr frame = {line, from_hex(line)};
        if (journal_frame_decode(decoder, frame, print_reading, NULL, &about, &err) == BP_OK)
            continue;
        fprintf(stderr, "frame %d: %s\n", number, err.text);
        wrong++;
    }
    free(line);
    journal_frame_decoder_free(decoder);
    return wrong > 0;
}
