#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>

enum { BLOCK_SIZE = 16 * 1024 };

struct BpArenaBlock {
    BpArenaBlock *older;
    size_t capacity, used;
    alignas(max_align_t) uint8_t octets[];
};

static size_t rounded(size_t size)
{
    return (size + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);
}

void *bp_arena_take(BpArena *arena, size_t size)
{
    size = rounded(size ? size : 1);
    BpArenaBlock *block = arena->blocks;
    if (!block || block->capacity - block->used < size) {
        const size_t capacity = size > BLOCK_SIZE ? size : BLOCK_SIZE;
        block = malloc(sizeof *block + capacity);
        if (!block)
            abort();
        *block = (BpArenaBlock){.older = arena->blocks, .capacity = capacity};
        arena->blocks = block;
    }
    void *memory = block->octets + block->used;
    block->used += size;
    return memset(memory, 0, size);
}

char *bp_arena_text(BpArena *arena, BpStr text)
{
    char *copy = bp_arena_take(arena, text.size + 1);
    if (text.size)
        memcpy(copy, text.data, text.size);
    return copy;
}

void *bp_arena_grow(BpArena *arena, void *items, size_t count, size_t *capacity, size_t size)
{
    enum { FIRST_CAPACITY = 64 };
    if (count < *capacity)
        return items;
    *capacity = *capacity ? 2 * *capacity : FIRST_CAPACITY;
    void *more = bp_arena_take(arena, *capacity * size);
    if (count)
        memcpy(more, items, count * size);
    return more;
}

void bp_arena_reset(BpArena *arena)
{
    BpArenaBlock *newest = arena->blocks;
    if (!newest)
        return;
    arena->blocks = newest->older;
    bp_arena_done(arena);
    newest->older = NULL;
    newest->used = 0;
    arena->blocks = newest;
}

void bp_arena_done(BpArena *arena)
{
    while (arena->blocks) {
        BpArenaBlock *block = arena->blocks;
        arena->blocks = block->older;
        free(block);
    }
}
