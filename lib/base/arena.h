/* Memory for work that ends: take what you need and free nothing until the work is over. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/str.h"

typedef struct BpArenaBlock BpArenaBlock;

typedef struct BpArena {
    BpArenaBlock *blocks; /* the newest first */
} BpArena;

/* An arena needs no initialiser but {0}. */

/* Zeroed memory, aligned for any type. Never NULL: running out is fatal. */
void *bp_arena_take(BpArena *arena, size_t size);

/* A zero-closed copy of `text`. */
char *bp_arena_text(BpArena *arena, BpStr text);

/* Room for one more behind the first `count` of `items`, each of `size` octets: the array itself, or a copy
 * of twice the capacity; the one before stays in the arena. Begins with NULL, 0 and a capacity of 0. */
void *bp_arena_grow(BpArena *arena, void *items, size_t count, size_t *capacity, size_t size);

/* Forgets all that was taken but keeps the newest block, for the next round of the same work. */
void bp_arena_reset(BpArena *arena);

/* Gives everything back. The arena may be used again. */
void bp_arena_done(BpArena *arena);

#endif
