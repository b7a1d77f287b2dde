/* Devices where others should be. */
#include "apps/doctor/doctor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static DoctorPlace place(uint32_t instance, uint8_t octet)
{
    return (DoctorPlace){.address = {{10, 0, 0, octet}, BAC_PORT, {0}}, .instance = instance};
}

/* What is said of them, one sentence a line. */
static void assert_says(const DoctorPlace *known, size_t known_count, const DoctorPlace *heard,
                        size_t heard_count, const char *expected)
{
    BpArena arena = {0};
    char memory[2000];
    BpBuf text = bp_buf(memory, sizeof memory);
    Doctor *doctor = calloc(1, sizeof *doctor);
    assert_non_null(doctor);
    doctor->arena = &arena;
    doctor_compare(doctor, known, known_count, heard, heard_count);
    for (size_t i = 0; i < doctor->count; i++) {
        assert_int_equal(doctor->findings[i].grade, DOCTOR_WRONG);
        assert_non_null(doctor->findings[i].mend);
        bp_buf_printf(&text, "%s\n", doctor->findings[i].what);
    }
    bp_buf_u8(&text, '\0');
    assert_string_equal(memory, expected);
    bp_arena_done(&arena);
    free(doctor);
}

static void devices_are_where_the_database_has_them_or_that_is_told(void **state)
{
    (void)state;
    DoctorPlace known[] = {place(1, 11), place(2, 12), place(3, 13)};
    const DoctorPlace same[] = {place(3, 13), place(1, 11), place(4, 14)};
    assert_says(known, 3, same, 3, ""); /* one is silent, one is new */
    const DoctorPlace other[] = {place(1, 11), place(7, 12), place(3, 13)};
    assert_says(known, 3, other, 3, "device 7 answers at 10.0.0.12, where the database has device 2\n");
    const DoctorPlace swapped[] = {place(2, 11), place(1, 12), place(3, 13)};
    assert_says(known, 3, swapped, 3, "devices 1 and 2 have swapped the addresses 10.0.0.11 and 10.0.0.12\n");
    const DoctorPlace moved[] = {place(1, 11), place(2, 99), place(3, 13)};
    assert_says(known, 3, moved, 3, "device 2 answers at 10.0.0.99; the database has it at 10.0.0.12\n");
    /* Two with one number at an address, one of them in its place. */
    const DoctorPlace twins[] = {place(1, 11), place(2, 11), place(3, 13)};
    assert_says(known, 1, twins, 3, "");
    known[1] = place(2, 11);
    known[1].is_replaced = true;
    assert_says(known, 2, same, 3, "device 2 is replaced: another one has its address 10.0.0.11\n");
    assert_says(known, 2, moved, 3,
                "device 2 answers at 10.0.0.99; the database has it as replaced at 10.0.0.11\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(devices_are_where_the_database_has_them_or_that_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
