#include "apps/collect/status_json.h"
#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const CollectPollCounts no_polls;
static const BacClientCounts no_requests;

static char *status_text(const CollectStatusFigures *figures)
{
    json_auto_t *json = collect_status_json(figures);
    return json_dumps(json, JSON_COMPACT);
}

static void assert_status(const CollectStatusFigures *figures, const char *expected)
{
    char *text = status_text(figures);
    assert_string_equal(text, expected);
    free(text);
}

static void assert_says(const CollectStatusFigures *figures, const char *part)
{
    char *text = status_text(figures);
    if (!strstr(text, part))
        fail_msg("%s is not in %s", part, text);
    free(text);
}

/* People have dashboards and alarms that read them. */
static void all_keys_are_there_and_in_their_order(void **state)
{
    (void)state;
    const CollectStatusFigures figures = {
        .poll = &no_polls, .client = &no_requests, .network.reason = "no such address"};
    assert_status(
        &figures,
        "{\"network\":{\"open\":false,\"address\":\"\",\"reason\":\"no such address\"},\"counters\":{"
        "\"devices\":0,\"devices_offline\":0,\"devices_left_out\":0,"
        "\"newcomers\":0,\"newcomers_waiting\":0,\"newcomers_silent\":0,"
        "\"newcomers_left_out\":0,\"points\":0,\"points_left_out\":0,"
        "\"reads\":0,\"reads_failed\":0,\"rounds\":0,"
        "\"rounds_skipped\":0,\"rounds_late\":0,\"lateness_max_ms\":0,"
        "\"round_max_ms\":0,\"requests\":0,\"retries\":0,"
        "\"answers\":0,\"errors\":0,\"rejects\":0,"
        "\"aborts\":0,\"timeouts\":0,\"late_replies\":0,"
        "\"foreign_replies\":0,\"duplicate_replies\":0,\"malformed_replies\":0,"
        "\"forwarded_ignored\":0,\"datagrams_received\":0,\"datagrams_sent\":0,"
        "\"batches\":0,\"readings\":0,\"cov_subscribed\":0,"
        "\"cov_told\":0,\"cov_foreign\":0,\"cov_missed\":0,"
        "\"cov_given_up\":0,\"cov_cancelled\":0,\"batches_sent\":0,\"batches_sent_again\":0,"
        "\"batches_stored\":0,\"batches_spooled\":0,\"batches_recovered\":0,"
        "\"batches_given_up\":0,\"batches_dropped\":0,\"batches_unsure\":0,"
        "\"queue_batches\":0,\"queue_octets\":0,\"spool_octets\":0,"
        "\"latency_ms\":{\"1\":0,\"2\":0,\"4\":0,\"8\":0,\"16\":0,\"32\":0,\"64\":0,\"128\":0,"
        "\"256\":0,\"512\":0,\"1024\":0,\"2048\":0,\"4096\":0,\"8192\":0,\"16384\":0,\"32768\":0}}}");
}

static void figures_go_by_their_names(void **state)
{
    (void)state;
    const CollectPollCounts poll = {
        .reads = 1, .lateness_max_us = 2999, .round_max_us = 3 * BP_SECOND, .latencies = {[2] = 4, [15] = 5}};
    const BacClientCounts client = {.silent = 6, .late = 7, .malformed = 8};
    const CollectStatusFigures figures = {
        .devices = 20,
        .devices_offline = 10,
        .points = 11,
        .points_left_out = 12,
        .poll = &poll,
        .client = &client,
        .network = {.is_open = true,
                    .address = {{10, 0, 0, 1}, 47808, {0}},
                    .reason = "",
                    .bip = {.malformed = 100, .received = 13},
                    .newcomers = {.heard = 14, .silent = 15},
                    .newcomers_waiting = 16},
        .outbox = {.lost = 17, .waiting = 18, .memory = UINT64_C(1) << 40, .on_disk = 19}};
    assert_says(&figures, "\"network\":{\"open\":true,\"address\":\"10.0.0.1\",\"reason\":\"\"}");
    assert_says(&figures, "\"devices\":20,\"devices_offline\":10,\"devices_left_out\":0,\"newcomers\":14,"
                          "\"newcomers_waiting\":16,\"newcomers_silent\":15,\"newcomers_left_out\":0,"
                          "\"points\":11,\"points_left_out\":12,\"reads\":1,");
    assert_says(&figures, "\"lateness_max_ms\":2,\"round_max_ms\":3000,");
    assert_says(&figures, "\"timeouts\":6,\"late_replies\":7,");
    assert_says(&figures, "\"malformed_replies\":108,");
    assert_says(&figures, "\"datagrams_received\":13,");
    assert_says(&figures, "\"batches_dropped\":17,");
    assert_says(&figures, "\"queue_batches\":18,\"queue_octets\":1099511627776,\"spool_octets\":19,");
    assert_says(&figures, "{\"1\":0,\"2\":0,\"4\":4,");
    assert_says(&figures, "\"32768\":5}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_keys_are_there_and_in_their_order),
        cmocka_unit_test(figures_go_by_their_names),
    };
    return cmocka_run_group_tests_name("collect status", tests, NULL, NULL);
}
