#include "record/sentence.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static RecordName devices[] = {{.id = 1, .name = {"AHU-1", 5}}};
static RecordName points[] = {{.id = 7, .device_id = 1, .name = {"AHU-1/SAT-SP", 12}}};
static const RecordNames names = {.devices = devices, .device_count = 1, .points = points, .point_count = 1};
static char said[2048];

static const char *say_with(RecordSpeaker *speaker, const char *kind, const char *text,
                            RecordAbout *ret_about)
{
    BpBuf out = bp_buf(said, sizeof said - 1);
    json_t *body = json_loads(text, 0, NULL);
    const JournalEntry entry = {.kind = bp_str(kind), .body = bp_str(text), .seq = 1, .epoch = 1};
    if (ret_about)
        *ret_about = record_about(speaker, &entry, body);
    record_sentence(speaker, &entry, body, &out);
    json_decref(body);
    said[out.size] = '\0';
    return said;
}

static const char *sentence(const char *kind, const char *text)
{
    RecordSpeaker *speaker = record_speaker_new(&names);
    (void)say_with(speaker, kind, text, NULL);
    record_speaker_free(speaker);
    return said;
}

static void sites_join_are_renewed_and_shut_out_in_words(void **state)
{
    (void)state;
    static const struct {
        const char *body, *said;
    } each[] = {
        {"{\"v\":1,\"event\":\"site\",\"op\":\"invited\",\"of\":\"macau\",\"who\":{\"role\":\"bacpipes_"
         "owner\",\"person\":\"anna\"}}",
         "anna made a join file of site macau"},
        {"{\"v\":1,\"event\":\"site\",\"op\":\"joined\",\"of\":\"macau\",\"serial\":\"3fa9\",\"who\":{"
         "\"role\":\"bacpipes_central\"}}",
         "site macau has joined, by certificate 3fa9"},
        {"{\"v\":1,\"event\":\"site\",\"op\":\"renamed\",\"of\":\"macau\",\"name\":\"Tower\",\"who\":{"
         "\"person\":\"anna\"}}",
         "anna renamed site macau to Tower"},
        {"{\"v\":1,\"event\":\"site\",\"op\":\"revoked\",\"of\":\"macau\",\"why\":\"stolen\",\"who\":{"
         "\"person\":\"anna\"}}",
         "anna shut out site macau: stolen"},
        {"{\"v\":1,\"event\":\"central\",\"op\":\"joined\",\"host\":\"c.example.org\",\"port\":54320,\"who\":"
         "{\"person\":\"anna\"}}",
         "anna had the site join the central at c.example.org, port 54320"},
    };
    for (size_t i = 0; i < sizeof each / sizeof each[0]; i++)
        assert_string_equal(sentence("audit", each[i].body), each[i].said);
}

static void a_command_and_its_end_say_who_wrote_what_where(void **state)
{
    (void)state;
    RecordSpeaker *speaker = record_speaker_new(&names);
    RecordAbout about;
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
    record_speaker_free(speaker);
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

#define BY(WHO, OP, MORE)                                                                                    \
    "{\"v\":1,\"who\":{\"role\":\"bacpipes_web\",\"person\":\"" WHO "\"},\"event\":\"user\",\"op\":\"" OP    \
    "\",\"user\":\"bob\",\"user_id\":2" MORE "}"

static void what_people_may_is_told_in_sentences(void **state)
{
    (void)state;
    static const char *const entries[][2] = {
        {BY("bob", "login", ",\"how\":\"password\""), "bob logged in by password"},
        {BY("bob", "login", ",\"how\":\"link\""), "bob logged in by link"},
        {BY("bob", "logout", ",\"session\":7"), "bob logged out"},
        {BY("anna", "logout", ",\"sessions\":3"), "anna ended the sessions of user bob: 3"},
        {BY("anna", "add", ",\"full_name\":\"Bob B\",\"grants\":[{\"site\":null,\"role\":\"viewer\"}]"),
         "anna added user bob (Bob B), who may: viewer at all sites"},
        {BY("anna", "grant", ",\"old\":[],\"new\":[{\"site\":\"demo\",\"role\":\"operator\"}]"),
         "anna gave user bob other roles: operator at demo; before: nothing"},
        {BY("anna", "remove", ",\"grants\":[{\"site\":null,\"group\":\"north\",\"role\":\"engineer\"}]"),
         "anna removed user bob, who might: engineer at north"},
        {BY("anna", "set", ",\"old\":{\"enabled\":true},\"new\":{\"enabled\":false,\"full_name\":\"B\"}"),
         "anna changed user bob: shut out, called \"B\""},
        {BY("anna", "link", ""), "anna made a link with which user bob chooses a password"},
        {BY("anna", "password", ""), "anna set the password of user bob"},
        {BY("bob", "totp-on", ""), "bob set up a second factor for user bob"},
        {BY("anna", "totp-off", ""), "anna took away the second factor of user bob"},
        {BY("bob", "token",
            ",\"token\":\"reports\",\"role\":\"viewer\",\"sites\":[\"demo\"],\"expires_at\":\"2027-01-02T00:"
            "00:00Z\""),
         "bob made token \"reports\" for user bob: at most viewer at demo, until 2027-01-02"},
        {BY("anna", "token-end", ",\"token\":\"reports\""), "anna ended token \"reports\" of user bob"},
    };
    for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++)
        assert_string_equal(sentence("audit", entries[i][0]), entries[i][1]);
    assert_string_equal(sentence("audit", "{\"v\":1,\"event\":\"user\",\"op\":\"sings\"}"),
                        "audit {\"v\":1,\"event\":\"user\",\"op\":\"sings\"}");
    assert_string_equal(sentence("audit", "{\"v\":1,\"event\":\"user\",\"op\":\"grant\",\"new\":7}"),
                        "somebody gave user ? other roles: nothing; before: nothing");
}

static void what_goes_between_a_central_and_a_site_is_told(void **state)
{
    (void)state;
    static const char *const entries[][2] = {
        {"{\"v\":1,\"event\":\"asked_of_site\",\"who\":{\"person\":\"mina\"},\"of_site\":\"macau\",\"what\":"
         "\"command\","
         "\"asked\":{\"id\":\"ddfb0684-97ff\",\"point_id\":9}}",
         "mina asked site macau for command ddfb0684 of point 9"},
        {"{\"v\":1,\"event\":\"asked_of_site\",\"who\":{\"person\":\"mina\"},\"of_site\":\"macau\",\"what\":"
         "\"change_cancel\","
         "\"asked\":{\"id\":\"ddfb0684-97ff\"}}",
         "mina asked site macau to take back change ddfb0684"},
        {"{\"v\":1,\"event\":\"change_ended\",\"who\":{\"person\":\"mina\"},\"id\":\"ddfb0684\",\"what\":"
         "\"setting\",\"outcome\":"
         "\"refused\",\"text\":\"not here\"}",
         "mina asked from central for a change (setting): refused: not here"},
        {"{\"v\":1,\"event\":\"not_carried_out\",\"kind\":\"job\",\"why\":\"no such kind\"}",
         "what central asked for (job) could not be carried out: no such kind"},
    };
    for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++)
        assert_string_equal(sentence("audit", entries[i][0]), entries[i][1]);
}

static void devices_that_answer_or_do_not_are_named(void **state)
{
    (void)state;
    assert_string_equal(sentence("device_status",
                                 "{\"v\":1,\"op\":\"set\",\"rows\":[{\"device_id\":1,\"state\":"
                                 "\"offline\",\"reason\":\"no answer\"},{\"device_id\":2,"
                                 "\"state\":\"online\",\"reason\":\"\"}]}"),
                        "device AHU-1 is offline: no answer, device 2 is online");
    assert_string_equal(sentence("device_status", "{\"v\":1,\"op\":\"gone\",\"rows\":[{\"device_id\":1}]}"),
                        "device AHU-1 is not looked at any more");
    assert_string_equal(sentence("device_status", "{\"v\":1,\"op\":\"state\",\"rows\":[{\"device_id\":1}]}"),
                        "how 1 device is was told central");
}

static void what_is_held_and_how_far_jobs_are_is_told(void **state)
{
    (void)state;
    static const char *const entries[][3] = {
        {"hold",
         "{\"v\":1,\"op\":\"set\",\"rows\":[{\"point_id\":7,\"value\":19.5,\"text\":null,\"priority\":8,"
         "\"created_by\":\"anna\"},{\"point_id\":8,\"value\":null,\"text\":\"On\",\"priority\":9}]}",
         "AHU-1/SAT-SP is held: 19.5 at 8, by anna, point 8 is held: On at 9"},
        {"hold", "{\"v\":1,\"op\":\"gone\",\"rows\":[{\"point_id\":7,\"priority\":8}]}",
         "AHU-1/SAT-SP is no longer held at 8"},
        {"override", "{\"v\":1,\"op\":\"set\",\"rows\":[{\"point_id\":7,\"value\":1,\"priority\":8}]}",
         "AHU-1/SAT-SP is overridden: 1 at 8"},
        {"override", "{\"v\":1,\"op\":\"state\",\"rows\":[]}", "central was told that there is no override"},
        {"job", "{\"v\":1,\"id\":\"ab8d9f06-82a5\",\"status\":\"executing\",\"progress\":0.5}",
         "job ab8d9f06, which central asked for: executing, 50 %"},
        {"job", "{\"v\":1,\"id\":\"ab8d9f06-82a5\",\"status\":\"failed\",\"text\":\"no answer\"}",
         "job ab8d9f06, which central asked for: failed: no answer"},
    };
    for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++)
        assert_string_equal(sentence(entries[i][0], entries[i][1]), entries[i][2]);
}

static void how_things_stand_is_nothing_that_was_done(void **state)
{
    (void)state;
    static const char none[] = "{\"v\":1,\"op\":\"state\",\"table\":\"alarm\",\"rows\":[],\"complete\":true}";
    assert_string_equal(sentence("alarm", none), "central was told that there is no alarm");
    assert_string_equal(sentence("command", none), "central was told that there is no command");
    assert_string_equal(sentence("hold", "{\"v\":1,\"op\":\"state\",\"rows\":[{\"point_id\":7}]}"),
                        "how 1 hold is was told central");
    assert_string_equal(sentence("point", "{\"v\":1,\"op\":\"state\",\"rows\":[{},{}]}"),
                        "how 2 points are was told central");
    assert_string_equal(sentence("device_status", "{\"v\":1,\"op\":\"state\",\"rows\":[{}]}"),
                        "how 1 device is was told central");
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
    record_plain(&out, bp_str("a\x1b[2J\n\x7f\xc2\x9b\xe2\x80\xae\xff\xe2\x80é"));
    said[out.size] = '\0';
    assert_string_equal(said, "a\\x1b[2J\\x0a\\x7f\\x9b\\u202e\\xff\\xe2\\x80é");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sites_join_are_renewed_and_shut_out_in_words),
        cmocka_unit_test(a_command_and_its_end_say_who_wrote_what_where),
        cmocka_unit_test(a_refused_command_says_why),
        cmocka_unit_test(changes_say_what_it_was_before),
        cmocka_unit_test(what_people_may_is_told_in_sentences),
        cmocka_unit_test(what_goes_between_a_central_and_a_site_is_told),
        cmocka_unit_test(devices_that_answer_or_do_not_are_named),
        cmocka_unit_test(what_is_held_and_how_far_jobs_are_is_told),
        cmocka_unit_test(how_things_stand_is_nothing_that_was_done),
        cmocka_unit_test(what_is_not_known_is_shown_as_it_is),
        cmocka_unit_test(nothing_moves_the_cursor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
