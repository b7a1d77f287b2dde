/* Frames: the readings of a flush, as an entry of the journal carries them (docs/protocol.md, "Frames").
 *
 * Lossless to the bit, in any order, and small: what a frame says is coded against what frames before it have
 * said. They make a stream, numbered from 0 on; number 0 is a key frame, which needs none before it. */
#ifndef JOURNAL_FRAME_H
#define JOURNAL_FRAME_H

#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"

enum {
    JOURNAL_FRAME_VERSION = 1,
    JOURNAL_FRAME_READINGS_MAX = 32768,       /* in one frame; more go into several */
    JOURNAL_FRAME_OCTETS_MAX = 1000000,       /* of a frame: less than what central takes of an entry */
    JOURNAL_FRAME_POINTS_MAX = 100000,        /* of a stream: points, each with what else its rows have */
    JOURNAL_FRAME_TEXT_MAX = 65536,           /* octets of a reason, units, an object's type */
    JOURNAL_FRAME_TEXTS_MAX = 20000,          /* different ones of a stream */
    JOURNAL_FRAME_UNPACKED_MAX = 4 * 1048576, /* octets of a frame's new points and texts */
};

/* A row of sensor_readings, but its site. */
typedef struct JournalReading {
    int32_t point_id, device_id, object_instance;
    int64_t at_us; /* UTC, since 1970 */
    double value;  /* any bits; meaningless, and not kept, where has_value is false */
    bool has_value;
    bool has_object;                  /* device_id, object_type and object_instance are there */
    uint8_t quality;                  /* 0 good, 1 uncertain, 2 bad, as MdlQuality */
    BpStr reason, units, object_type; /* empty: null in the row; borrowed */
} JournalReading;

/* ---- writing ---- */

typedef struct JournalFrameEncoder JournalFrameEncoder;

/* `seed` names its streams: a random number, drawn anew for each encoder. */
JournalFrameEncoder *journal_frame_encoder_new(uint64_t seed);
void journal_frame_encoder_free(JournalFrameEncoder *encoder); /* NULL is fine */

/* Appends a frame of these readings, at least one, to `out`. A key frame where it is asked for, and where
 * there is nothing to go on from. Several may follow one another before they are committed. BP_FULL: they do
 * not fit into a frame; half of them may. Nothing has changed then, but that the next is a key frame.
 * BP_INVALID: a text is too long, or no quality. */
BpStatus journal_frame_encode(JournalFrameEncoder *encoder, const JournalReading *readings, size_t count,
                              bool is_key, BpBuf *out, BpError *err) BP_CHECKED;

/* What was encoded since the last of these two is in the journal: the next frame goes on from it. */
void journal_frame_committed(JournalFrameEncoder *encoder);
/* It is not, or nobody knows: the next one is a key frame. */
void journal_frame_discard(JournalFrameEncoder *encoder);

/* ---- reading ---- */

typedef struct JournalFrameDecoder JournalFrameDecoder;

typedef struct JournalFrameAbout {
    int version;
    bool is_key;
    uint64_t stream, number;
    uint64_t former;           /* of a key frame: the stream that it ends, or 0 */
    size_t count;              /* readings */
    int64_t first_us, last_us; /* the least and the greatest instant */
} JournalFrameAbout;

/* A reading; its texts are the decoder's until its next call. */
typedef void (*JournalFrameTake)(void *context, const JournalReading *reading);

/* Of one site: it keeps what three streams have said, since streams may come mixed: of readings as they come,
 * of those that a site held when it joined, and of such that are sent again. */
JournalFrameDecoder *journal_frame_decoder_new(void);
void journal_frame_decoder_free(JournalFrameDecoder *decoder); /* NULL is fine */

/* Gives out a frame's readings, in the order in which they were encoded: all, or none.
 * BP_NOT_FOUND: it goes on from a frame that has not been read; the next key frame can be. BP_INVALID: it is
 * damaged, and its stream is given up till the next key frame. BP_UNSUPPORTED: a version that is not known.
 */
BpStatus journal_frame_decode(JournalFrameDecoder *decoder, BpStr frame, JournalFrameTake take, void *context,
                              JournalFrameAbout *ret_about, BpError *err) BP_CHECKED;

/* True: it begins a stream. */
bool journal_frame_is_key(BpStr frame);

#endif
