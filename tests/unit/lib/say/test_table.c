#include "say/table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static const SayColumn columns[] = {
    {"id", .is_number = true}, {"name", .may_be_cut = true}, {"value", .is_number = true}, {"units"}};
enum { COLUMNS = sizeof columns / sizeof columns[0] };

static char *output;
static SayTable table;

static void add_row(const char *id, const char *name, const char *value, const char *units)
{
    const char *const cells[COLUMNS] = {id, name, value, units};
    for (size_t i = 0; i < COLUMNS; i++)
        say_table_add(&table, bp_str(cells[i]));
}

static const char *printed(size_t width)
{
    size_t size;
    free(output);
    FILE *to = open_memstream(&output, &size);
    say_table_print(&table, to, width);
    fclose(to);
    return output;
}

static const char *printed_csv(void)
{
    size_t size;
    free(output);
    FILE *to = open_memstream(&output, &size);
    say_table_print_csv(&table, to);
    fclose(to);
    return output;
}

static int begin(void **state)
{
    (void)state;
    say_table_init(&table, columns, COLUMNS);
    return 0;
}

static int end(void **state)
{
    (void)state;
    say_table_done(&table);
    free(output);
    output = NULL;
    return 0;
}

static void a_table_without_rows_is_its_titles(void **state)
{
    (void)state;
    assert_string_equal(printed(0), "id  name  value  units\n");
    assert_string_equal(printed_csv(), "id,name,value,units\n");
}

static void letters_are_aligned_by_the_places_they_take(void **state)
{
    (void)state;
    add_row("1", "AHU-1/SAT", "21.5", "°C");
    add_row("12", "室温", "-3", "K");
    add_row("3", "e\xCC\x81t", "", "");
    assert_string_equal(printed(0), "id  name       value  units\n"
                                    " 1  AHU-1/SAT   21.5  °C\n"
                                    "12  室温          -3  K\n"
                                    " 3  e\xCC\x81t\n");
}

static void a_narrow_terminal_cuts_between_letters_with_an_ellipsis(void **state)
{
    (void)state;
    add_row("1", "温度温度温度", "21.5", "°C");
    add_row("2", "AHU-1/SupplyAir", "5", "K");
    assert_string_equal(printed(26), "id  name      value  units\n"
                                     " 1  温度温…    21.5  °C\n"
                                     " 2  AHU-1/S…      5  K\n");
}

static void a_line_that_still_does_not_fit_is_cut(void **state)
{
    (void)state;
    add_row("1", "AHU", "21.5", "degrees-celsius");
    assert_string_equal(printed(18), "id  name  value  …\n"
                                     " 1  AHU    21.5  …\n");
}

static void control_characters_and_broken_utf8_reach_no_terminal(void **state)
{
    (void)state;
    add_row("1",
            "a\x1b[2Jb\xFF"
            "c\xC2\x9B"
            "d",
            "", "");
    assert_string_equal(printed(0), "id  name        value  units\n"
                                    " 1  a [2Jb c d\n");
}

static void csv_quotes_what_would_break_it(void **state)
{
    (void)state;
    add_row("1", "a, \"b\"", "two\nlines", "°C");
    assert_string_equal(printed_csv(), "id,name,value,units\n1,\"a, \"\"b\"\"\",\"two\nlines\",°C\n");
}

static void many_rows_are_all_kept(void **state)
{
    (void)state;
    for (int i = 0; i < 1000; i++)
        for (size_t column = 0; column < COLUMNS; column++)
            say_table_addf(&table, "%d", i);
    assert_int_equal(say_table_row_count(&table), 1000);
    assert_string_equal(table.cells[COLUMNS * 999].data, "999");
    assert_string_equal(table.cells[0].data, "0");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(a_table_without_rows_is_its_titles),
        TEST(letters_are_aligned_by_the_places_they_take),
        TEST(a_narrow_terminal_cuts_between_letters_with_an_ellipsis),
        TEST(a_line_that_still_does_not_fit_is_cut),
        TEST(control_characters_and_broken_utf8_reach_no_terminal),
        TEST(csv_quotes_what_would_break_it),
        TEST(many_rows_are_all_kept),
    };
    return cmocka_run_group_tests_name("tools table", tests, NULL, NULL);
}
