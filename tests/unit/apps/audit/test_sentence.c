#include "apps/audit/sentence.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static AuditName devices[] = {{.id = 1, .name = {"AHU-1", 5}}};
static AuditName points[] = {{.id = 7, .device_id = 1, .name = {"AHU-1/SAT-SP", 12}}};
static const AuditNames names = {.devices = devices, .device_count = 1, .points = points, .point_count = 1};
static char said[2048];

static const char *say_with(AuditSpeaker *speaker, const char *kind, const char *text, AuditAbout *ret_about)
{
    BpBuf out = bp_buf(said, sizeof said - 1);
    json_t *body = json_loads(text, 0, NULL);
    const JournalEntry entry = {.kind = bp_str(kind), .body = bp_str(text), .seq = 1, .epoch = 1};
    if (ret_about)
        *ret_about = audit_about(speaker, &entry, body);
    audit_sentence(speaker, &entry, body, &out);
    json_decref(body);
    said[out.size] = '\0';
    return said;
}

static const char *sentence(const char *kind, const char *text)
{
    AuditSpeaker *speaker = audit_speaker_new(&names);
    (void)say_with(speaker, kind, text, NULL);
    audit_speaker_free(speaker);
    return said;
}

static void a_command_and_its_end_say_who_wrote_what_where(void **state)
{
    (void)state;
    AuditSpeaker *speaker = audit_speaker_new(&names);
    AuditAbout about;
    assert_string_equal(
        say_with(
            speaker, "command",
            "{\"v\":1,\"who\":{\"role\":\"bacpipes_owner\",\"person\":\"alice\"},\"id\":\"x-1\",\"point_id\":"
            "7,"
            "\"command_type\":\"write_value\",\"value\":14.5,\"priority\":8,\"release_after\":\"02:00:00\","
            "\"source\":\"tools\",\"status\":\"pending\",\"reason\":\"hot day\"}",
            NULL),
        "alice (tools) asked to write AHU-1/SAT-SP 14.5 at 8 for 02:00:00, \"hot day\"");
    const char *end = "{\"v\":1,\"id\":\"x-1\",\"point_id\":7,\"event\":\"completed\",\"verdict\":\"held\","
                      "\"text\":\"it shows\"}";
    assert_string_equal(say_with(speaker, "command_event", end, &about),
                        "alice (tools) wrote AHU-1/SAT-SP 14.5 at 8 for 02:00:00: held: it shows");
    assert_int_equal(about.point_id, 7);
    assert_int_equal(about.device_id, 1);
    audit_speaker_free(speaker);
    assert_string_equal(sentence("command_event", end),
                        "AHU-1/SAT-SP: held: it shows"); /* its command is long ago */
}

static void a_refused_command_says_why(void **state)
{
    (void)state;
    assert_string_equal(
        sentence("command",
                 "{\"v\":1,\"created_by\":\"bms\",\"id\":\"x\",\"point_id\":9,\"value\":90,\"priority\":8,"
                 "\"source\":\"bms\",\"status\":\"refused\",\"rule\":\"above-max\",\"error_message\":\"30 at "
                 "most\"}"),
        "bms (bms) asked to write point 9 90 at 8: refused (above-max): 30 at most");
}

static void changes_say_what_it_was_before(void **state)
{
    (void)state;
    assert_string_equal(
        sentence("point",
                 "{\"v\":1,\"table\":\"point\",\"op\":\"update\",\"who\":{\"role\":\"bacpipes\"},\"key\":7,"
                 "\"old\":{\"writable\":false},\"new\":{\"writable\":true}}"),
        "bacpipes changed AHU-1/SAT-SP: writable false -> true");
    assert_string_equal(
        sentence("setting",
                 "{\"v\":1,\"op\":\"update\",\"who\":{\"person\":\"alice\"},\"key\":\"control.mode\","
                 "\"old\":{\"value\":\"normal\"},\"new\":{\"value\":\"stop\"}}"),
        "alice set control.mode to stop, which was normal");
}

static void what_is_not_known_is_shown_as_it_is(void **state)
{
    (void)state;
    assert_string_equal(sentence("mystery", "{\"v\": 1}"), "mystery {\"v\": 1}");
    assert_string_equal(sentence("alarm", "{\"v\": 2}"), "alarm {\"v\": 2}");
    assert_string_equal(sentence("alarm", "no json"), "alarm no json");
    assert_string_equal(sentence("audit", "{\"v\": 1, \"event\": \"new kind\"}"),
                        "audit {\"v\": 1, \"event\": \"new kind\"}");
}

static void nothing_moves_the_cursor(void **state)
{
    (void)state;
    BpBuf out = bp_buf(said, sizeof said - 1);
    audit_plain(&out, bp_str("a\x1b[2J\n\x7f\xc2\x9b\xe2\x80\xae\xff\xe2\x80é"));
    said[out.size] = '\0';
    assert_string_equal(said, "a\\x1b[2J\\x0a\\x7f\\x9b\\u202e\\xff\\xe2\\x80é");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_command_and_its_end_say_who_wrote_what_where),
        cmocka_unit_test(a_refused_command_says_why),
        cmocka_unit_test(changes_say_what_it_was_before),
        cmocka_unit_test(what_is_not_known_is_shown_as_it_is),
        cmocka_unit_test(nothing_moves_the_cursor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
