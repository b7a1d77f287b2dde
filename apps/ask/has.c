#include "apps/ask/has.h"

#include "bacnet/service/who_has.h"
#include "say/exit.h"
#include "say/json.h"
#include "say/table.h"

#include <inttypes.h>
#include <stdio.h>

enum { NAME_MAX_OCTETS = 256 };

typedef struct Found {
    SayTable table;
    json_t *json; /* NULL: a table */
    size_t count;
} Found;

static void take_answer(void *owner, const BacDatagram *datagram)
{
    Found *found = owner;
    char address[BAC_ADDRESS_TEXT_MAX], object[BAC_REFERENCE_TEXT_MAX], memory[NAME_MAX_OCTETS];
    BpBuf name = bp_buf(memory, sizeof memory);
    BpCursor in = datagram->body;
    BacIHave i_have;
    if (!datagram->has_apdu || datagram->apdu.type != BAC_UNCONFIRMED_REQUEST ||
        datagram->apdu.service != BAC_SERVICE_UNCONFIRMED_I_HAVE ||
        bac_i_have_decode(&in, &i_have, NULL) != BP_OK)
        return;
    bac_text_to_utf8(&name, &i_have.name);
    bac_address_format(&datagram->from, address);
    bac_object_format(i_have.object, object);
    found->count++;
    if (found->json) {
        json_array_append_new(found->json, json_pack("{s:I, s:s, s:s, s:o}", "instance",
                                                     (json_int_t)i_have.device, "address", address, "object",
                                                     object, "name", say_json_text(bp_buf_text(&name))));
        return;
    }
    say_table_addf(&found->table, "%" PRIu32, i_have.device);
    say_table_add(&found->table, bp_str(address));
    say_table_add(&found->table, bp_str(object));
    say_table_add(&found->table, bp_buf_text(&name));
}

int ask_has(Node *node, const BacWhoIs *limits, const NodeTargets *targets, const char *text, int64_t wait_us,
            bool json)
{
    static const SayColumn columns[] = {
        {"instance", .is_number = true}, {"address"}, {"object"}, {"name", .may_be_cut = true}};
    uint8_t memory[BAC_APDU_MAX];
    BpBuf question = bp_buf(memory, sizeof memory);
    Found found = {.json = json ? json_array() : NULL};
    BacWhoHas who_has = {.limits = *limits};
    const NodeListener listener = {.on_datagram = take_answer, .owner = &found};
    if (bac_object_parse(bp_str(text), &who_has.object, NULL) != BP_OK)
        who_has.name = (BacValue){.type = BAC_CHARACTER_STRING,
                                  .text = {.charset = BAC_UTF_8, .octets = bp_cursor(text, strlen(text))}};
    BacAddress everyone = node_broadcast_address(node);
    everyone.remote.network = BAC_NETWORK_BROADCAST;
    say_table_init(&found.table, columns, sizeof columns / sizeof columns[0]);
    bac_who_has_encode(&question, &who_has);
    node_tell(node, &everyone, true, BAC_SERVICE_UNCONFIRMED_WHO_HAS, bp_buf_text(&question));
    for (size_t i = 0; i < targets->count; i++)
        node_tell(node, &targets->addresses[i], false, BAC_SERVICE_UNCONFIRMED_WHO_HAS,
                  bp_buf_text(&question));
    node_listen(node, &listener, wait_us);
    if (json)
        say_json_print(found.json);
    else if (found.count)
        say_table_print(&found.table, stdout, say_terminal_width(stdout));
    if (found.count == 0)
        fprintf(stderr, "Nobody says that it has %s.\n", text);
    say_table_done(&found.table);
    return found.count ? EX_OK : SAY_NOTHING;
}
