#include "apps/sim/run/csv.h"

#include "base/time.h"
#include "say/table.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Written in pieces of so many octets; a row of the largest site has 2 MB. */
enum { PIECE = 1 << 18, ROOM = 1 << 25, DECIMALS_MAX = 4 };

typedef struct Column {
    const SimObject *object;
    int decimals; /* that its resolution has */
} Column;

struct SimCsv {
    const char *path; /* NULL: standard output */
    int fd;
    Column *columns;
    size_t count;
    BpBuf rows;       /* whole ones that are not yet written */
    uint64_t written; /* rows, with the line of names */
};

/* ---- numbers ---- */

static const double tens[DECIMALS_MAX + 1] = {1, 10, 100, 1000, 10000};

static int decimals_of(double resolution)
{
    int decimals = 0;
    while (decimals < DECIMALS_MAX && resolution > 0 &&
           fabs(round(resolution * tens[decimals]) / tens[decimals] - resolution) > 1e-9)
        decimals++;
    return decimals;
}

/* `number` / 10^decimals, without zeros at its end. */
static void put_decimal(BpBuf *out, int64_t number, int decimals)
{
    char text[32];
    char *at = text + sizeof text;
    uint64_t left = number < 0 ? (uint64_t)-number : (uint64_t)number;
    while (decimals > 0 && left % 10 == 0) {
        left /= 10;
        decimals--;
    }
    for (int i = 0; left || i <= decimals; i++) {
        if (i == decimals && i > 0)
            *--at = '.';
        *--at = (char)('0' + left % 10);
        left /= 10;
    }
    if (number < 0)
        *--at = '-';
    bp_buf_octets(out, at, (size_t)(text + sizeof text - at));
}

/* So that it reads back as the same. What sensors say has few digits, and takes the short way; what was
 * written to a point may have any. */
static void put_value(BpBuf *out, const Column *column)
{
    const double value = sim_object_said(column->object);
    const double scaled = value * tens[column->decimals];
    const bool is_large = column->object->id.type == BAC_LARGE_ANALOG_VALUE;
    if (fabs(scaled) < 1e15) {
        const int64_t number = llround(scaled);
        const double again = (double)number / tens[column->decimals];
        if (is_large ? again == value : (float)again == (float)value) {
            put_decimal(out, number, column->decimals);
            return;
        }
    }
    const BacValue real = is_large ? (BacValue){.type = BAC_DOUBLE, .double_real = value}
                                   : (BacValue){.type = BAC_REAL, .real = (float)value};
    bac_value_format(out, &real);
}

/* ---- writing ---- */

static const char *name_of(const SimCsv *csv)
{
    return csv->path ? csv->path : "standard output";
}

/* A file is to end with a whole row: `size` octets of what was to be written have come there. */
static void cut_torn_row(SimCsv *csv, size_t size)
{
    struct stat file;
    size_t whole = size;
    while (whole > 0 && csv->rows.data[whole - 1] != '\n')
        whole--;
    for (size_t i = 0; i < whole; i++)
        csv->written += csv->rows.data[i] == '\n';
    if (fstat(csv->fd, &file) == 0 && S_ISREG(file.st_mode) && whole < size)
        (void)!ftruncate(csv->fd, file.st_size - (off_t)(size - whole));
}

static BpStatus write_out(SimCsv *csv, BpError *err)
{
    for (size_t done = 0; done < csv->rows.size;) {
        const ssize_t size = write(csv->fd, csv->rows.data + done, csv->rows.size - done);
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0) {
            const int why = errno;
            cut_torn_row(csv, done);
            bp_buf_clear(&csv->rows);
            return bp_fail(err, BP_UNAVAILABLE, "%s: %s; %llu rows of CSV are written", name_of(csv),
                           bp_errno_text(why), (unsigned long long)sim_csv_rows(csv));
        }
        done += (size_t)size;
    }
    for (size_t i = 0; i < csv->rows.size; i++)
        csv->written += csv->rows.data[i] == '\n';
    bp_buf_clear(&csv->rows);
    return BP_OK;
}

BpStatus sim_csv_row(SimCsv *csv, int64_t at_us, BpError *err)
{
    char time[BP_TIME_TEXT_MAX];
    BpBuf *out = &csv->rows;
    bp_buf_str(out, bp_str(bp_time_format(at_us, 0, time)));
    for (size_t i = 0; i < csv->count; i++) {
        bp_buf_u8(out, ',');
        put_value(out, &csv->columns[i]);
    }
    bp_buf_u8(out, '\n');
    return out->size < PIECE ? BP_OK : write_out(csv, err);
}

BpStatus sim_csv_end(SimCsv *csv, BpError *err)
{
    BP_TRY(write_out(csv, err));
    const int fd = csv->fd;
    if (!csv->path)
        return BP_OK;
    csv->fd = -1;
    if (close(fd) != 0) /* some file systems tell only now that there was no room */
        return bp_fail(err, BP_UNAVAILABLE, "%s: %s", name_of(csv), bp_errno_text(errno));
    return BP_OK;
}

uint64_t sim_csv_rows(const SimCsv *csv)
{
    return csv->written ? csv->written - 1 : 0;
}

/* ---- the beginning ---- */

static void put_names(SimCsv *csv)
{
    char *text = NULL;
    size_t size = 0;
    FILE *names = open_memstream(&text, &size);
    if (!names)
        abort();
    fputs("time", names);
    for (size_t i = 0; i < csv->count; i++) {
        fputc(',', names);
        say_csv_text(bp_str(csv->columns[i].object->name), names);
    }
    fputc('\n', names);
    if (fclose(names) != 0)
        abort();
    bp_buf_octets(&csv->rows, text, size);
    free(text);
}

SimCsv *sim_csv_new(const char *path, const SimColumns *columns, BpError *err)
{
    const int fd = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644) : STDOUT_FILENO;
    if (fd < 0) {
        bp_fail(err, BP_UNAVAILABLE, "%s: %s", path, bp_errno_text(errno));
        return NULL;
    }
    SimCsv *csv = calloc(1, sizeof *csv);
    if (!csv)
        abort();
    *csv = (SimCsv){.path = path,
                    .fd = fd,
                    .columns = calloc(columns->count + 1, sizeof *csv->columns),
                    .count = columns->count,
                    .rows = bp_buf_growing(ROOM)};
    if (!csv->columns)
        abort();
    for (size_t i = 0; i < columns->count; i++)
        csv->columns[i] = (Column){columns->objects[i], decimals_of(columns->objects[i]->spec->resolution)};
    put_names(csv);
    return csv;
}

void sim_csv_free(SimCsv *csv)
{
    if (!csv)
        return;
    if (csv->path && csv->fd >= 0)
        close(csv->fd);
    bp_buf_done(&csv->rows);
    free(csv->columns);
    free(csv);
}
