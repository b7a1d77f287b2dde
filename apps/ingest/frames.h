/* What central is sent of the readings, where the site has joined one: frames, appended to the journal.
 *
 * Readings as they are stored go into frames of the same transaction. Those that were stored in another way
 * are noted in the database, and those that were there when the site joined are framed span by span; both
 * here, while nothing is stored, on the same connection (sql/migrations/0037_frame_readings.sql says how each
 * comes into a frame once).
 *
 *   IDLE       must look, something is due, or a span is left    LOOKING, or READING
 *   LOOKING    told how framing stands                           IDLE
 *   READING    has what is to be framed                          APPENDING
 *   APPENDING  committed, or refused                             IDLE, for now */
#ifndef INGEST_FRAMES_H
#define INGEST_FRAMES_H

#include "io/loop/loop.h"
#include "io/pg/pg.h"
#include "journal/frame.h"

typedef struct Ingest Ingest;

typedef enum FramesState {
    FRAMES_ARE_IDLE,
    FRAMES_ARE_LOOKING,
    FRAMES_ARE_READING,
    FRAMES_ARE_APPENDING,
} FramesState;

/* One of the two who write frames. */
typedef struct FramesWriter {
    JournalFrameEncoder *encoder;
    int64_t key_at_us; /* when its last key frame was made; 0: none */
} FramesWriter;

/* Written by frames.c alone. */
typedef struct Frames {
    bool is_known;  /* on this connection, what follows */
    bool is_linked; /* the site has joined a central */
    FramesState state;
    bool must_look, is_due, is_laid, is_said;
    int64_t epoch, laid_until_us, held_until_us;
    int64_t next_at_us; /* not before this */
    int64_t span_us;    /* of what is framed at once of what was there */

    FramesWriter live, past; /* as readings come; all others */
    JournalReading *readings;
    size_t count, capacity;
    BpBuf octets, sizes; /* frames one after the other, and an array of their sizes */
    size_t frame_count;

    /* What is being read or appended beside what is stored. */
    bool is_laying;
    int64_t began_us, until_us, known_successor;
    size_t row_count;
    BpBuf numbers;
    PgValue values[8];
    PgStep steps[2];
    uint64_t laid_readings;
    LoopTimer *timer;
} Frames;

void frames_init(Frames *frames);
void frames_done(Frames *frames);

/* Nothing may be stored now: it is not known whether frames have to be made of it, or others are under way.
 */
static inline bool frames_are_busy(const Frames *frames)
{
    return !frames->is_known || frames->state != FRAMES_ARE_IDLE;
}

/* On a new connection, before anything is stored; and after central_link has changed. */
void ingest_frames_look(Ingest *ingest);
void ingest_frames_lost(Ingest *ingest); /* the connection */
void ingest_frames_go_on(
    void *owner); /* the timer's: what is left beside storing, unless something is stored */

/* ---- of what is stored ---- */

/* Makes frames of a COPY of rows, but of those that wait for their span: `octets`, `sizes` and `frame_count`
 * are them, until they are committed or discarded. False: they cannot be made, which is said in the log; then
 * the rows go beside the table, and are noted. */
bool frames_of_copy(Frames *frames, BpStr copy, int64_t now_us);
void frames_committed(Frames *frames);
void frames_discard(Frames *frames);

/* ---- of all others (frames_ask.c) ---- */

/* Readings of a result, which is borrowed until they are encoded; `numbers` are those of its notes. */
void frames_read_rows(Frames *frames, const PgRows *rows);
/* Frames of `readings`, as many as it takes. */
BpStatus frames_encode(Frames *frames, FramesWriter *writer, int64_t now_us, BpError *err) BP_CHECKED;

/* Rows were noted, or something was not as we believed. */
void frames_doubt(Frames *frames);

#endif
