/* From a message to its commit, with a database and a broker of our own that say what we let them say, and a
 * clock that we set. Of the tests in this folder. */
#ifndef TESTS_UNIT_INGEST_ROLE_H
#define TESTS_UNIT_INGEST_ROLE_H

#include "apps/ingest/ingest.h"
#include "base/time.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static Ingest *role;
static IngestPoint items[] = {
    {0}, {.is_known = true, .device_id = 3, .object_type = {"analog-input", 12}, .object_instance = 7}};
static IngestPoints points;
static Cfg cfg;
static int64_t now_us, due_us, frames_due_us;
static int announced, wanted, reloads;
static BpBuf said; /* on readings/want, last */

/* What the database has been asked last, and does not have answered yet. */
static struct {
    SqlQuery query; /* of the COPY, or of what is asked alone */
    bool is_copy, is_transaction, is_connected;
    const PgStep *steps;
    size_t step_count;
    PgDone done;
    int count; /* asked in all */
} asked;

/* ---- in place of lib/io ---- */

int64_t loop_now_us(const Loop *loop)
{
    (void)loop;
    return now_us;
}

void loop_timer_set(LoopTimer *timer, int64_t at_us)
{
    if (timer)
        frames_due_us = at_us;
    else
        due_us = at_us;
}

BpStatus mqtt_publish(Mqtt *mqtt, const char *topic, BpStr payload, int qos, bool retained,
                      int *ret_message_id, BpError *err)
{
    (void)mqtt, (void)qos, (void)ret_message_id, (void)err;
    if (retained) {
        announced++;
        return BP_OK;
    }
    assert_non_null(strstr(topic, "readings/want"));
    wanted++;
    bp_buf_clear(&said);
    bp_buf_str(&said, payload);
    return BP_OK;
}

bool pg_is_connected(const Pg *pg)
{
    (void)pg;
    return asked.is_connected;
}

static inline void ask(SqlQuery query, const PgStep *steps, size_t step_count, PgDone done)
{
    assert_null(asked.done); /* one thing at a time */
    asked.query = query;
    asked.is_copy = asked.is_transaction = false;
    asked.steps = steps;
    asked.step_count = step_count;
    asked.done = done;
    asked.count++;
}

PgTicket pg_request(Pg *pg, SqlQuery query, const PgValue *values, size_t count, PgDone done, void *context)
{
    (void)pg, (void)values, (void)count, (void)context;
    if (done)
        ask(query, NULL, 0, done);
    return 1;
}

PgTicket pg_copy(Pg *pg, SqlQuery copy, BpStr octets, const PgStep *steps, size_t step_count, PgDone done,
                 void *context)
{
    (void)pg, (void)octets, (void)context;
    ask(copy, steps, step_count, done);
    asked.is_copy = true;
    return 1;
}

PgTicket pg_transaction(Pg *pg, const PgStep *steps, size_t step_count, PgDone done, void *context)
{
    (void)pg, (void)context;
    ask(SQL_QUERY_COUNT, steps, step_count, done);
    asked.is_transaction = true;
    return 1;
}

/* Rows are those of the positions that were to be stored, as an array of JSON. */
size_t pg_row_count(const PgRows *rows)
{
    return json_array_size((const json_t *)rows);
}

BpStr pg_get_text(const PgRows *rows, size_t row, int column)
{
    if (json_is_array(json_array_get((const json_t *)rows, row)))
        return bp_str(column == 4 ? "good" : "");
    assert_int_equal(column, 0);
    return bp_str(json_string_value(json_object_get(json_array_get((const json_t *)rows, row), "run")));
}

int64_t pg_get_integer(const PgRows *rows, size_t row, int column)
{
    const json_t *position = json_array_get((const json_t *)rows, row);
    if (json_is_array(position))
        return json_integer_value(json_array_get(position, (size_t)column));
    return column == 1 ? json_integer_value(json_object_get(position, "stored")) : 0;
}

/* How framing stands: an object of JSON. */
static inline const json_t *column_of(const PgRows *rows, size_t row, int column)
{
    return json_array_get(json_array_get((const json_t *)rows, row), (size_t)column);
}

bool pg_is_null(const PgRows *rows, size_t row, int column)
{
    return !column_of(rows, row, column) || json_is_null(column_of(rows, row, column));
}

int64_t pg_get_time_us(const PgRows *rows, size_t row, int column)
{
    return json_integer_value(column_of(rows, row, column));
}

double pg_get_double(const PgRows *rows, size_t row, int column)
{
    return json_number_value(column_of(rows, row, column));
}

bool pg_get_bool(const PgRows *rows, size_t row, int column)
{
    return json_is_true(column_of(rows, row, column));
}

const IngestPoints *points_reader_points(const PointsReader *reader)
{
    (void)reader;
    return &points;
}

void points_reader_changed(PointsReader *reader)
{
    (void)reader;
    reloads++;
}

Mqtt *site_broker_mqtt(const SiteBroker *broker)
{
    (void)broker;
    return (Mqtt *)role; /* there is one */
}

/* ---- the story's words ---- */

/* The points are others, and were asked for when they were. */
static inline void know(const IngestPoints *others)
{
    const int64_t as_of_us = points.as_of_us;
    points = *others;
    points.as_of_us = as_of_us;
}

static inline void answer(BpStatus status)
{
    const PgDone done = asked.done;
    BpError err = {0};
    assert_non_null(done);
    asked.done = NULL;
    const PgStep *last = asked.step_count ? &asked.steps[asked.step_count - 1] : NULL;
    json_auto_t *positions = NULL;
    if (status == BP_OK && last && last->query == SQL_UPSERT_POSITIONS)
        positions = json_loadb(last->values[1].text.data, last->values[1].text.size, 0, NULL);
    if (status != BP_OK)
        (void)!bp_fail(&err, status, "as the test has it");
    done(role, status, (const PgRows *)positions, &err);
}

/* A row, as JSON. */
static inline void answer_row(const char *row)
{
    const PgDone done = asked.done;
    json_auto_t *rows = json_pack("[o]", json_loads(row, 0, NULL));
    assert_non_null(done);
    asked.done = NULL;
    done(role, BP_OK, (const PgRows *)rows, NULL);
}

static inline bool is_asked(SqlQuery query)
{
    return asked.done && asked.query == query;
}

static inline bool has_step(SqlQuery query)
{
    for (size_t i = 0; i < asked.step_count; i++)
        if (asked.steps[i].query == query)
            return true;
    return false;
}

/* As a collector sends it whose clock is ahead of ours by so much. */
static inline void receive_by_clock(int version, int64_t n, int64_t ahead_us)
{
    char json[256];
    const int64_t at_us = bp_wall_us() + ahead_us;
    snprintf(json, sizeof json,
             "{\"v\":%d,\"run\":\"0123456789abcdef\",\"n\":%" PRId64 ",\"oldest\":1,\"sent\":%" PRId64
             ",\"device\":3,\"at\":%" PRId64 ",\"readings\":[[1,0,21.5]]}",
             version, n, at_us, at_us);
    ingest_receive(role, bp_str("readings"), bp_str(json));
}

static inline void receive(int64_t n)
{
    receive_by_clock(1, n, 0);
}

/* The timer is called when it is due. */
static inline void wait_until_due(void)
{
    assert_true(due_us != INT64_MAX);
    now_us = due_us > now_us ? due_us : now_us;
    due_us = INT64_MAX;
    ingest_flush(role);
}

/* The days of now are there from then on. */
static inline void store_the_first(void)
{
    receive(1);
    wait_until_due();
    assert_true(is_asked(SQL_ENSURE_DAYS));
    answer(BP_OK);
    assert_true(is_asked(SQL_COPY_READINGS));
    answer(BP_OK);
    assert_int_equal(role->store.state, STORE_IS_IDLE);
    assert_int_equal(role->positions.items[0].stored, 1);
}

static inline int set_up(void **state)
{
    (void)state;
    role = calloc(1, sizeof *role);
    if (!role)
        return 1;
    memset(&asked, 0, sizeof asked);
    asked.is_connected = true;
    now_us = 1000 * BP_SECOND;
    due_us = INT64_MAX;
    announced = wanted = reloads = 0;
    said = bp_buf_growing(4096);
    for (int i = 0; i < 2; i++)
        gather_init(&role->gathers[i]);
    role->gathering = &role->gathers[0];
    cfg = (Cfg){.site = "demo"};
    role->cfg = &cfg;
    role->site_id = bp_str("demo");
    cfg.ingest_flush = BP_SECOND;
    cfg.retention_readings = 7 * BP_DAY;
    cfg.readings_future_max = BP_MINUTE;
    cfg.quarantine_size = 1000;
    points = (IngestPoints){items, 2};
    role->is_ready = true;
    store_init(&role->store);
    frames_init(&role->frames);
    role->frames.timer = (LoopTimer *)&frames_due_us;
    role->frames.is_known = true;
    frames_due_us = INT64_MAX;
    cfg.sync_flush = 20 * BP_SECOND;
    ingest_start_over(role);
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    store_done(&role->store);
    frames_done(&role->frames);
    for (int i = 0; i < 2; i++)
        gather_done(&role->gathers[i]);
    bp_arena_done(&role->message_arena);
    bp_buf_done(&said);
    free(role);
    return 0;
}

#endif
