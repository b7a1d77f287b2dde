/* A value as a whole number, and back (docs/protocol.md, "Frames"). Of this folder. */
#ifndef JOURNAL_FRAME_FORM_H
#define JOURNAL_FRAME_FORM_H

#include "journal/frame_stream.h"

/* The bits of the double that `number` stands for; `form` < FRAME_FORMS. */
uint64_t journal_form_bits(uint8_t form, int64_t number);

/* False: there is no number that stands for exactly these bits. */
bool journal_form_number(uint8_t form, uint64_t bits, int64_t *ret_number);

/* The form that the value is best written in, after those before it. */
uint8_t journal_form_of(FramePoint *point, uint64_t bits);

#endif
