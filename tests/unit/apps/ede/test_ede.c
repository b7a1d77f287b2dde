#include "apps/ede/ede.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define TITLES                                                                                               \
    "# keyname;device obj.-instance;object-name;object-type;object-instance;description;"                    \
    "present-value-default;min-present-value;max-present-value;settable;supports COV;hi-limit;low-limit;"    \
    "state-text-reference;unit-code;vendor-specific-address;notification-class\n"

static BpArena arena;
static SayProblems problems;
static Ede ede;
static EdeStatesFile states;

static int begin(void **state)
{
    (void)state;
    say_problems_init(&problems);
    return 0;
}

static int end(void **state)
{
    (void)state;
    say_problems_done(&problems);
    bp_arena_done(&arena);
    return 0;
}

/* ---- helpers ---- */

static void again(void)
{
    say_problems_done(&problems);
    say_problems_init(&problems);
}

static bool reads(const char *text)
{
    again();
    return ede_read(bp_str(text), "f.csv", &arena, &problems, &ede);
}

static const char *told(void)
{
    return bp_arena_text(&arena, say_problems_text(&problems));
}

static void assert_text(BpStr text, const char *expected)
{
    assert_string_equal(bp_arena_text(&arena, text), expected);
}

static void is_read(const char *text)
{
    if (!reads(text))
        fail_msg("refused: %s", told());
}

/* The file is refused, with exactly these lines. */
static void is_refused(const char *text, const char *expected)
{
    assert_false(reads(text));
    assert_string_equal(told(), expected);
}

/* A row of 17 cells under the titles of the layout is refused for one reason, told with line and title. */
static void row_is_refused(const char *row, const char *expected)
{
    char text[1024], line[1024];
    snprintf(text, sizeof text, "%s%s\n", TITLES, row);
    snprintf(line, sizeof line, "f.csv:2: %s\n", expected);
    is_refused(text, line);
}

static bool reads_states(const char *text)
{
    again();
    return ede_read_states(bp_str(text), "s.csv", &arena, &problems, &states);
}

static void states_are_refused(const char *text, const char *expected)
{
    assert_false(reads_states(text));
    assert_string_equal(told(), expected);
}

/* ---- what is read ---- */

static void a_file_of_the_layout_is_read(void **state)
{
    (void)state;
    is_read("#Engineering-Data-Exchange - B.I.G.-EU\r\n"
            "PROJECT_NAME;HQ\r\nVERSION_OF_REFERENCEFILE;7\r\nTIMESTAMP_OF_LAST_CHANGE;24.11.2026\r\n"
            "AUTHOR_OF_LAST_CHANGE;me\r\nVERSION_OF_LAYOUT;2.3\r\n"
            "#mandatory;mandatory;mandatory;mandatory;mandatory;optional\r\n" TITLES
            "d;1001;AHU-1;8;1001;;;;;;;;;;;10.1.2.9;\r\n"
            "k;1001;SAT;0;4194302;supply air;21;-40.5;1e2;N;Y;30;10;3;62;x;15\r\n");
    assert_text(ede.project, "HQ");
    assert_text(ede.version, "7");
    assert_text(ede.timestamp, "24.11.2026");
    assert_text(ede.author, "me");
    assert_int_equal(ede.count, 2);
    assert_int_equal(ede.objects[0].object.type, BAC_DEVICE);
    assert_text(ede.objects[0].address, "10.1.2.9");
    assert_int_equal(ede.objects[0].settable, EDE_EMPTY);
    assert_int_equal(ede.objects[0].units, EDE_NOTHING);
    assert_int_equal(ede.objects[0].states, EDE_NOTHING);
    assert_true(isnan(ede.objects[0].min) && isnan(ede.objects[0].max));
    const EdeObject *object = &ede.objects[1];
    assert_int_equal(object->line, 10);
    assert_text(object->keyname, "k");
    assert_int_equal(object->device, 1001);
    assert_text(object->name, "SAT");
    assert_int_equal(object->object.type, BAC_ANALOG_INPUT);
    assert_int_equal(object->object.instance, 4194302);
    assert_text(object->description, "supply air");
    assert_true(object->min == -40.5 && object->max == 100);
    assert_int_equal(object->settable, EDE_NO);
    assert_int_equal(object->cov, EDE_YES);
    assert_int_equal(object->states, 3);
    assert_int_equal(object->units, BAC_UNITS_DEGREES_CELSIUS);
}

static void titles_say_where_columns_are_however_they_are_written(void **state)
{
    (void)state;
    is_read("#  KeyName ; Object Type;OBJECT-INSTANCE;Device-Obj-Instance;colour;Object_Name;Unit Code\n"
            "k;0;5;1001;red;SAT;62\n");
    assert_int_equal(ede.objects[0].device, 1001);
    assert_int_equal(ede.objects[0].object.instance, 5);
    assert_text(ede.objects[0].name, "SAT");
    assert_int_equal(ede.objects[0].units, 62);
    assert_text(ede.objects[0].description, "");
    is_read(
        "keyname;device instance;object-name;object-type;object-instance;min. value;max. value;commandable\n"
        "k;1;n;0;5;1;2;Y\n");
    assert_true(ede.objects[0].min == 1 && ede.objects[0].max == 2);
    assert_int_equal(ede.objects[0].settable, EDE_YES);
    is_read("keyname;device "
            "obj.-instance;object-name;object-type;object-instance;vendor-specific-addres\nk;1;n;8;1;"
            "10.1.2.9\n");
    assert_text(ede.objects[0].address, "10.1.2.9");
}

static void without_titles_columns_are_where_the_layout_has_them(void **state)
{
    (void)state;
    is_read("PROJECT_NAME;HQ\nk;1001;SAT;0;5;text;;;;Y;;;;2;62;a;\n");
    assert_text(ede.project, "HQ");
    assert_int_equal(ede.objects[0].settable, EDE_YES);
    assert_int_equal(ede.objects[0].units, 62);
}

static void separators_are_recognised_by_the_titles(void **state)
{
    (void)state;
    is_read("keyname,device obj.-instance,object-name,object-type,object-instance\nk,1,\"a,b;c\",0,5\n");
    assert_text(ede.objects[0].name, "a,b;c");
    is_read("# \"keyname\"\t\"device obj.-instance\"\tobject-name\tobject-type\tobject-instance\nk\t1\ta, "
            "b\t0\t5\n");
    assert_text(ede.objects[0].name, "a, b");
    is_read("\"# keyname\";\"device obj.-instance\";object-name;object-type;object-instance\nk;1;n;0;5\n");
    assert_int_equal(ede.count, 1);
}

static void lines_end_in_each_usual_way_and_the_last_need_not(void **state)
{
    (void)state;
    is_read("k;1;n;0;5\r\nk;1;n;0;6\rk;1;n;0;7\n\n;;;;\nk;1;n;0;8");
    assert_int_equal(ede.count, 4);
    assert_int_equal(ede.objects[3].line, 6);
}

static void quotes_keep_separators_quotes_newlines_and_blanks(void **state)
{
    (void)state;
    is_read("k;1;\"a;\"\"b\"\"\r\nc\";0;5\nk;1; \" d \" ;0;6\nk;1;5\" pipe;0;7\nk;1; e ;0;8\n");
    assert_text(ede.objects[0].name, "a;\"b\"\r\nc");
    assert_text(ede.objects[1].name, " d ");
    assert_int_equal(ede.objects[1].line, 3);
    assert_text(ede.objects[2].name, "5\" pipe");
    assert_text(ede.objects[3].name, "e");
}

static void text_is_utf8_with_or_without_a_mark_or_windows_1252(void **state)
{
    (void)state;
    is_read(
        "\xEF\xBB\xBFkeyname;device obj.-instance;object-name;object-type;object-instance\nk;1;客房;0;5\n");
    assert_text(ede.objects[0].name, "客房");
    assert_false(ede.was_windows_1252);
    is_read("k;1;L\xFC"
            "ftung \x80\x81;0;5\n");
    assert_text(ede.objects[0].name, "L\xC3\xBC"
                                     "ftung €\xC2\x81");
    assert_true(ede.was_windows_1252);
}

static void numbers_may_have_a_decimal_comma(void **state)
{
    (void)state;
    is_read("k;1;n;0;5;;;-12,5;1,5e3\nk;1;n;0;6;;;.5;\n");
    assert_true(ede.objects[0].min == -12.5 && ede.objects[0].max == 1500);
    assert_true(ede.objects[1].min == 0.5 && isnan(ede.objects[1].max));
}

static void answers_are_written_in_many_ways(void **state)
{
    (void)state;
    is_read("k;1;n;0;1;;;;;y\nk;1;n;0;2;;;;;Yes\nk;1;n;0;3;;;;;TRUE\nk;1;n;0;4;;;;;1\nk;1;n;0;5;;;;;no\nk;1;"
            "n;0;6;;;;;F"
            "ALSE\nk;1;n;0;7;;;;;0\nk;1;n;0;8;;;;;\n");
    for (size_t i = 0; i < 7; i++)
        assert_int_equal(ede.objects[i].settable, i < 4 ? EDE_YES : EDE_NO);
    assert_int_equal(ede.objects[7].settable, EDE_EMPTY);
}

static void lines_above_the_titles_may_say_anything(void **state)
{
    (void)state;
    is_read("Engineering-Data-Exchange - B.I.G.-EU;;\nLIMITED_RESOURCES;x\n# PROJECT_NAME;HQ;;\n" TITLES
            "mandatory;mandatory;mandatory;;\n# k;x;n;0;1\nk;1;n;0;1\n");
    assert_int_equal(ede.count, 1);
    assert_text(ede.project, "HQ");
}

static void a_keyname_may_be_there_twice(void **state)
{
    (void)state;
    is_read("k;1;n;0;1\nk;2;n;0;1\n");
}

/* ---- what is refused ---- */

static void each_wrong_cell_is_told_with_its_line_and_title(void **state)
{
    (void)state;
    row_is_refused("k;;n;0;1",
                   "device obj.-instance: the cell is empty: a whole number from 0 to 4194302 must be there");
    row_is_refused("k;x;n;0;1", "device obj.-instance: \"x\" is no whole number from 0 to 4194302");
    row_is_refused("k;4194303;n;0;1",
                   "device obj.-instance: \"4194303\" is no whole number from 0 to 4194302");
    row_is_refused("k;1;n;;1", "object-type: the cell is empty: a whole number from 0 to 1023 must be there");
    row_is_refused("k;1;n;1024;1",
                   "object-type: \"1024\" is no number of an object type from 0 to 1023: 0 is "
                   "analog-input, 5 binary-value, 8 device");
    row_is_refused("k;1;n;analog-value;1",
                   "object-type: \"analog-value\" is a name: its number, 2, must be there");
    row_is_refused("k;1;n;0;",
                   "object-instance: the cell is empty: a whole number from 0 to 4194302 must be there");
    row_is_refused("k;1;n;0",
                   "object-instance: the cell is empty: a whole number from 0 to 4194302 must be there");
    row_is_refused("k;1;n;0;-1", "object-instance: \"-1\" is no whole number from 0 to 4194302");
    row_is_refused("k;1;n;8;2",
                   "object-instance: device object 2 cannot be in device 1: both numbers must be the same");
    row_is_refused("k;1;n;0;1;;;1.234,5",
                   "min-present-value: \"1.234,5\" is no number: write it as -12.5, or -12,5, "
                   "without a unit and without marks between thousands");
    row_is_refused("k;1;n;0;1;;;;nan",
                   "max-present-value: \"nan\" is no number: write it as -12.5, or -12,5, without a "
                   "unit and without marks between thousands");
    row_is_refused("k;1;n;0;1;;;2;1",
                   "min-present-value: the smallest value is larger than the largest: exchange them, "
                   "or leave both empty");
    row_is_refused("k;1;n;0;1;;;;;perhaps", "settable: \"perhaps\" is neither Y nor N");
    row_is_refused("k;1;n;0;1;;;;;;perhaps", "supports COV: \"perhaps\" is neither Y nor N");
    row_is_refused("k;1;n;0;1;;;;;;;30 K",
                   "hi-limit: \"30 K\" is no number: write it as -12.5, or -12,5, without a unit "
                   "and without marks between thousands");
    row_is_refused("k;1;n;0;1;;;;;;;;1e999",
                   "low-limit: \"1e999\" is no number: write it as -12.5, or -12,5, without a "
                   "unit and without marks between thousands");
    row_is_refused("k;1;n;0;1;;;;;;;;;1.5",
                   "state-text-reference: \"1.5\" is no whole number from 0 to 4294967294");
    row_is_refused("k;1;n;0;1;;;;;;;;;;degrees-celsius",
                   "unit-code: \"degrees-celsius\" is a name: its code, 62, must "
                   "be there");
    row_is_refused("k;1;n;0;1;;;;;;;;;;65536",
                   "unit-code: \"65536\" is no code of a unit from 0 to 65535: 62 is "
                   "degrees-celsius, 95 no units");
    row_is_refused("k;1;n;0;1;;;;;;;;;;;;x",
                   "notification-class: \"x\" is no whole number from 0 to 4194302");
    row_is_refused("k;1;n;0;1;;;;;;;;;;;;;more",
                   "cell 18, \"more\", has no title, there are 17: text with separators in "
                   "it must be in quotes");
}

static void wrong_quotes_are_told_and_the_rest_is_read(void **state)
{
    (void)state;
    row_is_refused("k;1;\"a\"b;0;1",
                   "object-name: text follows the closing quote: a quote inside quotes is written as \"\"");
    row_is_refused("k;1;\"n;0;1\nk;1;n;0;2",
                   "object-name: the quote that opens this cell is never closed: close it, or "
                   "write quotes inside a cell as \"\"");
    is_refused(
        "k;1;\"a\"b;0;1\nk;1;n;0;x\n",
        "f.csv:1: object-name: text follows the closing quote: a quote inside quotes is written as \"\"\n"
        "f.csv:2: object-instance: \"x\" is no whole number from 0 to 4194302\n");
}

static void titles_are_told_as_the_file_has_them(void **state)
{
    (void)state;
    is_refused("# KEYNAME;Device Instance;Object Name;Object Type;Object Instance\nk;x;n;0;1\n",
               "f.csv:2: Device Instance: \"x\" is no whole number from 0 to 4194302\n");
}

static void a_missing_or_doubled_title_is_told(void **state)
{
    (void)state;
    is_refused("keyname;device obj.-instance;object-name;object-type\n",
               "f.csv:1: object-instance: no column has this title: the layout wants one\n");
    is_refused(
        "keyname;device obj.-instance;object-name;object-type;object-instance;hi-limit;HI limit\nk;1;n;0;1\n",
        "f.csv:1: hi-limit: two columns have this title: leave one of them out\n");
    is_refused("a;\"b\nkeyname;c\"\nk;1;n;0;1\n", "f.csv: the titles stand in the middle of a cell: "
                                                  "\"keyname\" must begin its line; is a quote missing "
                                                  "above it?\n");
}

static void an_object_has_one_line(void **state)
{
    (void)state;
    is_refused(
        "a;1;n;0;1\nb;1;n;2;1\nc;1;m;0;1\n",
        "f.csv:3: object-instance: analog-input,1 of device 1 is in line 1 too: an object has one line\n");
}

static void a_file_without_objects_is_told(void **state)
{
    (void)state;
    static const char nothing[] =
        "f.csv: there is no object in it: is it an EDE file, and not one of the texts or units beside it?\n";
    is_refused("", nothing);
    is_refused("\xEF\xBB\xBF", nothing);
    is_refused(TITLES, nothing);
    is_refused("PROJECT_NAME;HQ", nothing);
}

static void other_layouts_and_utf16_are_told(void **state)
{
    (void)state;
    is_refused("VERSION_OF_LAYOUT;3.0\nk;1;n;0;1\n",
               "f.csv:1: VERSION_OF_LAYOUT: layout 3.0 is not known here: 2, 2.1, 2.2 and 2.3 are\n");
    is_read("VERSION_OF_LAYOUT;2,3\nk;1;n;0;1\n");
    is_read("VERSION_OF_LAYOUT;2\nk;1;n;0;1\n");
    assert_false(reads("\xFF\xFEk"));
    assert_non_null(strstr(told(), "f.csv:1: the text is UTF-16: save it as CSV in UTF-8\n"));
}

static void an_octet_of_zero_is_no_text(void **state)
{
    (void)state;
    static const char text[] = "k;1;a\0b;0;1\n";
    again();
    assert_false(ede_read((BpStr){text, sizeof text - 1}, "f.csv", &arena, &problems, &ede));
    assert_string_equal(told(),
                        "f.csv:1: object-name: an octet of value 0 is no text: save the file as UTF-8\n");
}

static void too_long_a_text_and_too_many_cells_are_told(void **state)
{
    (void)state;
    enum { SIZE = 9000 };
    char *text = bp_arena_take(&arena, SIZE + 32);
    memcpy(text, "k;1;", 4);
    memset(text + 4, 'x', SIZE);
    memcpy(text + 4 + SIZE, ";0;1", 5);
    is_refused(text,
               "f.csv:1: object-name: the text has 9000 octets: at most 8192 can be; is a quote missing?\n");
    memset(text, ';', SIZE);
    text[SIZE] = '\0';
    is_refused(text, "f.csv:1: the row has more than 4096 cells: is a quote missing?\n");
}

static void what_is_no_ede_file_is_told_once(void **state)
{
    (void)state;
    static const char expected[] = "f.csv: this is no EDE file: none of its lines begins with \"keyname\", "
                                   "the first of the titles, and none "
                                   "has a device's number in its second cell\n";
    is_refused("BacPipes\n\nreads buildings; writes tables, too.\n| a | b |\n", expected);
    is_refused("{\"a\": 1}", expected);
    is_refused("time,value\n2026-11-24,21.5\n", expected);
}

static void devices_of_one_instance_are_told_apart_by_their_addresses(void **state)
{
    (void)state;
    is_read("d;7;A;8;7;;;;;;;;;;;10.0.0.1;\nd;7;B;8;7;;;;;;;;;;;10.0.0.2;\np;7;n;0;1;;;;;;;;;;;10.0.0.2;\n"
            "q;7;m;0;1;;;;;;;;;;;10.0.0.1;\nr;8;o;0;1;;;;;;;;;;;elsewhere;\n");
    assert_text(ede.objects[0].twin, "10.0.0.1");
    assert_text(ede.objects[2].twin, "10.0.0.2");
    assert_text(ede.objects[4].twin, "");
    is_refused(
        "d;7;A;8;7;;;;;;;;;;;10.0.0.1;\nd;7;B;8;7;;;;;;;;;;;10.0.0.2;\np;7;n;0;1\n",
        "f.csv:3: vendor-specific-address: the file has several devices 7, as at 10.0.0.1 and 10.0.0.2: the "
        "address of one of them must be here, to say whose this is\n");
}

static void twenty_wrong_lines_are_told_and_how_many_more(void **state)
{
    (void)state;
    char memory[4096] = "";
    BpBuf text = bp_buf(memory, sizeof memory - 1);
    for (int i = 0; i < 23; i++)
        bp_buf_printf(&text, "k;1;n;x;%d\n", i);
    assert_false(reads(memory));
    assert_int_equal(problems.count, 23);
    const char *lines = told();
    assert_non_null(strstr(lines, "f.csv:20: "));
    assert_null(strstr(lines, "f.csv:21: "));
    assert_non_null(strstr(lines, "\n... and 3 more\n"));
}

static void quoted_text_is_cut_and_has_no_control_characters(void **state)
{
    (void)state;
    char quoted[SAY_QUOTE_MAX];
    assert_string_equal(say_quote(bp_str("a\x1B[31m\nb"), quoted), "a [31m b");
    assert_string_equal(
        say_quote(bp_str("123456789012345678901234567890123456789012345678901234567890"), quoted),
        "123456789012345678901234567890123456789012345678901234567890");
    say_quote(bp_str("温温温温温温温温温温温温温温温温温温温温温温温温温温"), quoted);
    assert_true(bp_str_is_utf8(bp_str(quoted)));
    assert_string_equal(quoted + strlen(quoted) - 3, "...");
}

/* ---- texts of states ---- */

static void lists_of_texts_are_read(void **state)
{
    (void)state;
    assert_true(reads_states("#State Text Reference\r\n#Reference Number;Text 1;Text 2\r\n"
                             "7;off;\"on; \"\"full\"\"\";;;\r\n\r\n1;a;;\"\"\r\n"));
    assert_int_equal(states.count, 2);
    const EdeStates *list = ede_find_states(&states, 7);
    assert_int_equal(list->count, 2);
    assert_text(list->texts[1], "on; \"full\"");
    list = ede_find_states(&states, 1);
    assert_int_equal(list->count, 3);
    assert_text(list->texts[2], "");
    assert_null(ede_find_states(&states, 2));
    assert_true(reads_states("Reference Number,Text 1\n1,off,on\n"));
    assert_text(states.lists[0].texts[1], "on");
    assert_true(reads_states("1\toff\ton\n"));
    assert_true(reads_states(""));
    assert_int_equal(states.count, 0);
}

static void wrong_lists_are_told(void **state)
{
    (void)state;
    states_are_refused(
        "1;off;on\nx;off\n;off\n",
        "s.csv:2: reference number: \"x\" is no whole number: a line is a number and texts, as 1;off;on\n"
        "s.csv:3: reference number: \"\" is no whole number: a line is a number and texts, as 1;off;on\n");
    states_are_refused("1;off\n1;on\n",
                       "s.csv:2: reference number: 1 is in line 1 too: each list has a number of its own\n");
    states_are_refused("1\n", "s.csv:1: text 1: list 1 has no texts: leave its line out, or write them\n");
    states_are_refused("1;\"off\n",
                       "s.csv:1: the quote that opens this cell is never closed: close it, or write quotes "
                       "inside a cell as \"\"\n");
}

/* ---- writing ---- */

static void what_is_written_is_read_back_and_written_the_same(void **state)
{
    (void)state;
    static const char text[] =
        "\xEF\xBB\xBF#Engineering-Data-Exchange - "
        "B.I.G.-EU\r\nPROJECT_NAME;\"a;b\"\r\nVERSION_OF_REFERENCEFILE;1\r\n"
        "TIMESTAMP_OF_LAST_CHANGE;2026-11-24\r\nAUTHOR_OF_LAST_CHANGE;BacPipes\r\nVERSION_OF_LAYOUT;2.3\r\n"
        "#mandatory;mandatory;mandatory;mandatory;mandatory;optional;optional;optional;optional;optional;"
        "optional;"
        "optional;optional;optional;optional;optional;optional\r\n"
        "# keyname;device "
        "obj.-instance;object-name;object-type;object-instance;description;present-value-default;"
        "min-present-value;max-present-value;settable;supports "
        "COV;hi-limit;low-limit;state-text-reference;unit-code;"
        "vendor-specific-address;notification-class\r\n"
        "\"#k\";1;\" a\";0;5;\"x\"\"\r\n客\";;-0.1;1e+20;Y;N;;;4;62;10.1.2.9;\r\n"
        ";4194302;;1023;0;;;;;;;;;;;;\r\n";
    static const char lists[] = "\xEF\xBB\xBF#State Text Reference\r\n#Reference Number;Text 1 or "
                                "Inactive-Text;Text 2 or Active-Text\r\n"
                                "1;off;on\r\n2;a;;\"\"\r\n";
    BpBuf out = bp_buf_growing(65536);
    is_read(text);
    ede_write(&out, &ede);
    assert_text(bp_buf_text(&out), text);
    bp_buf_clear(&out);
    assert_true(reads_states(lists));
    ede_write_states(&out, states.lists, states.count);
    assert_text(bp_buf_text(&out), lists);
    bp_buf_done(&out);
}

static void objects_are_sorted_with_their_device_first(void **state)
{
    (void)state;
    is_read("a;2;n;0;9\nb;2;n;0;1\nc;2;n;8;2\nd;1;n;19;1\n");
    qsort(ede.objects, ede.count, sizeof *ede.objects, ede_compare);
    static const char *const expected[] = {"d", "c", "b", "a"};
    for (size_t i = 0; i < 4; i++)
        assert_text(ede.objects[i].keyname, expected[i]);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(a_file_of_the_layout_is_read),
        TEST(titles_say_where_columns_are_however_they_are_written),
        TEST(without_titles_columns_are_where_the_layout_has_them),
        TEST(separators_are_recognised_by_the_titles),
        TEST(lines_end_in_each_usual_way_and_the_last_need_not),
        TEST(quotes_keep_separators_quotes_newlines_and_blanks),
        TEST(text_is_utf8_with_or_without_a_mark_or_windows_1252),
        TEST(numbers_may_have_a_decimal_comma),
        TEST(answers_are_written_in_many_ways),
        TEST(lines_above_the_titles_may_say_anything),
        TEST(a_keyname_may_be_there_twice),
        TEST(each_wrong_cell_is_told_with_its_line_and_title),
        TEST(wrong_quotes_are_told_and_the_rest_is_read),
        TEST(titles_are_told_as_the_file_has_them),
        TEST(a_missing_or_doubled_title_is_told),
        TEST(an_object_has_one_line),
        TEST(a_file_without_objects_is_told),
        TEST(other_layouts_and_utf16_are_told),
        TEST(an_octet_of_zero_is_no_text),
        TEST(too_long_a_text_and_too_many_cells_are_told),
        TEST(what_is_no_ede_file_is_told_once),
        TEST(devices_of_one_instance_are_told_apart_by_their_addresses),
        TEST(twenty_wrong_lines_are_told_and_how_many_more),
        TEST(quoted_text_is_cut_and_has_no_control_characters),
        TEST(lists_of_texts_are_read),
        TEST(wrong_lists_are_told),
        TEST(what_is_written_is_read_back_and_written_the_same),
        TEST(objects_are_sorted_with_their_device_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
