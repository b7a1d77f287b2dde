/* What a point means, of any tags, name, description and units, and its field of a table: nothing is read
 * beyond them, what equipment it is of lies within them, and no field begins like a formula. The input: tags,
 * name, description and units, with a zero between. */
#include "apps/web/call/csv.h"
#include "apps/web/history/meaning.h"
#include "base/arena.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look_at_field(BpStr text)
{
    BpBuf out = bp_buf_growing(text.size * 2 + 3);
    csv_text(&out, text);
    assert(!out.failed && out.size >= text.size);
    const BpStr field = bp_buf_text(&out);
    const size_t begin = field.size && field.data[0] == '"';
    assert(field.size <= begin || !field.data[begin] || !strchr("=+-@\t\r\n", field.data[begin]));
    assert(begin || !field.size || !memchr(field.data, '\n', field.size));
    bp_buf_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    BpArena arena = {0};
    BpStr rest = {(const char *)data, size};
    const char *tags = bp_arena_text(&arena, bp_str_cut(rest, '\0', &rest));
    const BpStr name = bp_str_cut(rest, '\0', &rest), description = bp_str_cut(rest, '\0', &rest);
    const MeaningFacts facts = {.tags = tags,
                                .name = name.data ? name : bp_str(""),
                                .description = description.data ? description : bp_str(""),
                                .units = bp_arena_text(&arena, rest)};
    const Meaning meaning = meaning_of(&facts);
    assert(meaning >= MEANING_NONE && meaning <= MEANING_OUTDOOR_HUMIDITY);
    const BpStr reference = meaning_reference(tags), equipment = meaning_equipment(facts.name);
    assert(!reference.size ||
           (reference.data > tags && reference.data + reference.size < tags + strlen(tags)));
    assert(!equipment.size || (equipment.data == facts.name.data && equipment.size < facts.name.size));
    if (meaning_is_of_site(&facts))
        assert(*tags || facts.name.size || facts.description.size);
    look_at_field(facts.name);
    look_at_field(equipment);
    bp_arena_done(&arena);
    return 0;
}
