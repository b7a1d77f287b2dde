#include "apps/web/points/intern.h"

#include <assert.h>
#include <stdlib.h>

static uint32_t hash(BpStr text)
{
    uint32_t sum = 2166136261u; /* FNV-1a */
    for (size_t i = 0; i < text.size; i++)
        sum = (sum ^ (uint8_t)text.data[i]) * 16777619u;
    return sum;
}

static void *grow(void *memory, size_t count, size_t size)
{
    void *grown = reallocarray(memory, count, size);
    if (!grown)
        abort();
    return grown;
}

static void hang_in(Intern *intern, uint32_t number)
{
    assert(intern->bucket_count);
    uint32_t *bucket = &intern->buckets[hash(bp_str(intern->items[number].text)) % intern->bucket_count];
    intern->items[number].next = *bucket;
    *bucket = number;
}

static void widen(Intern *intern)
{
    intern->capacity = intern->capacity ? 2 * intern->capacity : 64;
    intern->items = grow(intern->items, intern->capacity, sizeof *intern->items);
    if (intern->size == 0)
        intern->items[intern->size++] = (struct InternItem){0};
    intern->bucket_count = intern->capacity;
    intern->buckets = grow(intern->buckets, intern->bucket_count, sizeof *intern->buckets);
    for (uint32_t i = 0; i < intern->bucket_count; i++)
        intern->buckets[i] = 0;
    for (uint32_t i = 1; i < intern->size; i++) {
        if (intern->items[i].text)
            hang_in(intern, i);
    }
}

void intern_done(Intern *intern)
{
    for (uint32_t i = 1; i < intern->size; i++)
        free(intern->items[i].text);
    free(intern->items);
    free(intern->buckets);
    *intern = (Intern){0};
}

uint32_t intern_find(const Intern *intern, BpStr text)
{
    if (!intern->bucket_count)
        return 0;
    uint32_t i = intern->buckets[hash(text) % intern->bucket_count];
    while (i && !bp_str_equal(bp_str(intern->items[i].text), text))
        i = intern->items[i].next;
    return i;
}

uint32_t intern_take(Intern *intern, BpStr text)
{
    text.size = text.data ? strnlen(text.data, text.size) : 0;
    uint32_t number = intern_find(intern, text);
    if (!number) {
        if (!intern->free && intern->size >= intern->capacity)
            widen(intern); /* no place is free: all that hang in buckets are in use */
        number = intern->free ? intern->free : intern->size++;
        if (number == intern->free)
            intern->free = intern->items[number].next;
        char *copy = strndup(text.size ? text.data : "", text.size);
        if (!copy)
            abort();
        intern->items[number] = (struct InternItem){.text = copy};
        hang_in(intern, number);
    }
    intern->items[number].users++;
    return number;
}

void intern_drop(Intern *intern, uint32_t number)
{
    if (!number)
        return;
    struct InternItem *item = &intern->items[number];
    assert(item->text && item->users && intern->bucket_count);
    if (--item->users)
        return;
    uint32_t *at = &intern->buckets[hash(bp_str(item->text)) % intern->bucket_count];
    while (*at != number)
        at = &intern->items[*at].next;
    *at = item->next;
    free(item->text);
    *item = (struct InternItem){.next = intern->free};
    intern->free = number;
}
