/* Without libFuzzer: gives each file of the folders in the arguments to the target once, and a few changed
 * copies of it, the same ones each time. */
#include "base/random.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 1024 * 1024, CHANGED_COPIES = 200 };

/* The input as it is, cut short, and with octets changed. In memory of its exact size, so that the sanitizers
 * see what reads past it. */
static void run(const uint8_t *octets, size_t size)
{
    BpRandom random = bp_random(size);
    for (int copy = 0; copy <= CHANGED_COPIES; copy++) {
        const size_t kept = copy % 2 == 0 || size == 0 ? size : bp_random_u64(&random) % size;
        uint8_t *input = malloc(kept ? kept : 1);
        if (!input)
            abort();
        memcpy(input, octets, kept);
        for (int changes = copy / 20; changes > 0 && kept; changes--)
            input[bp_random_u64(&random) % kept] = (uint8_t)bp_random_u64(&random);
        LLVMFuzzerTestOneInput(input, kept);
        free(input);
    }
}

static bool run_file(const char *folder, const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rbe");
    uint8_t *octets = malloc(INPUT_MAX);
    const bool can_run = file && octets;
    if (can_run)
        run(octets, fread(octets, 1, INPUT_MAX, file));
    else
        perror(path);
    free(octets);
    if (file)
        fclose(file);
    return can_run;
}

int main(int argc, char **argv)
{
    int files = 0;
    for (int i = 1; i < argc; i++) {
        DIR *folder = opendir(argv[i]);
        for (const struct dirent *entry; folder && (entry = readdir(folder));) {
            if (entry->d_name[0] == '.')
                continue;
            if (!run_file(argv[i], entry->d_name))
                return 1;
            files++;
        }
        if (folder)
            closedir(folder);
    }
    printf("%d files of the corpus, each with %d changed copies\n", files, CHANGED_COPIES);
    return files ? 0 : 1;
}
