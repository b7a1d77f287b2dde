/* What a stream of frames has said so far, which its next frame goes on from, and how a row is coded against
 * it: the same function writes and reads (docs/protocol.md, "Frames"). Of this folder. */
#ifndef JOURNAL_FRAME_STREAM_H
#define JOURNAL_FRAME_STREAM_H

#include "journal/frame.h"
#include "journal/frame_range.h"

enum {
    FRAME_IS_KEY = 1, /* flags of the second octet */
    FRAME_HAS_TEXTS = 2,
    FRAME_TEXTS_ARE_PACKED = 4,
    FRAME_FLAGS = 7,

    FRAME_QUALITY_MAX = 2,
    FRAME_CHECK_BITS = 16,

    FRAME_NUMBER_BITS = 65, /* a magnitude has 0 to 64 bits */
    FRAME_SIZE_CLASSES = 18,
    FRAME_FORMS = 22,
    FRAME_FORM_DOUBLE = 0,   /* the 64 bits of a double */
    FRAME_FORM_SINGLE = 1,   /* the 32 bits of a single that is the same number */
    FRAME_FORM_DECIMAL = 2,  /* a whole number divided by 10^(form - 2) */
    FRAME_FORM_ROUNDED = 12, /* the same, by 10^(form - 12), and rounded to a single */
};

/* Signed numbers, whose size is learned. */
typedef struct FrameNumber {
    RangeBit more[FRAME_NUMBER_BITS]; /* it has more bits than this */
    RangeBit sign[3];
    RangeBit upper[FRAME_NUMBER_BITS][4]; /* the two bits below the first, by its place */
} FrameNumber;

/* A point with what else its rows have, and its last row. */
typedef struct FramePoint {
    int32_t point_id, device_id, object_instance;
    uint32_t object_type, units, reason; /* texts */
    bool has_object, has_value, was_seen, has_changed;
    uint8_t quality, form, size; /* size: of its last changes, in fourths of a bit */
    uint8_t smaller;             /* how many values would have fitted a smaller form: the writer's alone */
    int8_t sign;                 /* of its last change */
    uint32_t next;               /* the point behind it, last time */
    uint64_t bits;               /* of its last value */
    int64_t at_us, step_us;      /* when, and how long after the one before */
    RangeBit follows, shares, same[2];
} FramePoint;

typedef struct FrameText {
    size_t offset, size;
} FrameText;

/* What is learned of all points together. */
typedef struct FrameKnown {
    RangeBit same[2], has_status, quality[3][4], has_no_value[2], reason_is_last, value_moves, form_stays,
        form[32], has_object, texts_stay, starts, begins;
    FrameNumber value[FRAME_SIZE_CLASSES], first_value, time[2], first_time, point_id, device_id, instance;
} FrameKnown;

typedef struct FrameStream {
    uint32_t id;
    uint64_t number; /* of its next frame */
    FramePoint *points;
    size_t count, capacity;
    FrameText *texts; /* 0 is empty */
    size_t text_count, text_capacity;
    BpBuf octets; /* of the texts */
    FrameKnown *known;
    uint32_t last; /* the point of the last row; `count` or more: there was none */
    uint32_t last_reason;
    int64_t at_us;      /* of the last row */
    int64_t jump_us;    /* how much later than the time before its point was */
    unsigned missed[2]; /* bits that guesses of an instant were away, sixteenfold: by the row before, by the
                           point's own step */
    size_t row;         /* of this frame */
    uint64_t check;     /* of this frame */
} FrameStream;

void journal_stream_init(FrameStream *stream);
void journal_stream_done(FrameStream *stream);
void journal_stream_begin(FrameStream *stream, uint32_t id); /* forgets all */

/* One more point, or NULL: it has JOURNAL_FRAME_POINTS_MAX. */
FramePoint *journal_stream_add_point(FrameStream *stream);
/* One more text, copied: its number; 0: there is no room. */
uint32_t journal_stream_add_text(FrameStream *stream, BpStr text);
BpStr journal_stream_text(const FrameStream *stream, uint32_t number);

/* A row as it is coded. */
typedef struct FrameRow {
    uint32_t point;
    uint32_t reason;
    int64_t at_us;
    uint64_t bits;
    bool has_value;
    uint8_t quality;
} FrameRow;

/* Begins a frame of a stream: its first rows know nothing of the last frame's instants but the points' own.
 */
void journal_stream_begin_frame(FrameStream *stream);

/* Codes a row against the stream, and the stream goes on. `known_count` counts the points that the reader
 * knows. False: when reading, what was found makes no row. */
bool journal_stream_row(FrameStream *stream, Range *range, size_t *known_count, FrameRow *row);

#endif
