#include "say/parts.h"

#include "base/buf.h"
#include "say/exit.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { USAGE_MAX = 512 };

static const char *word_of(const SayParts *parts)
{
    return parts->word ? parts->word : "part";
}

/* "usage: bacpipes ede export|import [OPTION]..."; of many, what they are. */
static void write_usage(const SayParts *parts, BpBuf *out)
{
    bp_buf_printf(out, "usage: %s ", parts->tool);
    for (const char *c = parts->word; c && *c; c++)
        bp_buf_printf(out, "%c", toupper((unsigned char)*c));
    for (size_t i = 0; !parts->word && i < parts->count; i++)
        bp_buf_printf(out, "%s%s", i ? "|" : "", parts->parts[i].name);
    bp_buf_printf(out, " [OPTION]...");
}

static void print_parts(const SayParts *parts, FILE *to)
{
    char memory[USAGE_MAX];
    BpBuf usage = bp_buf(memory, sizeof memory);
    size_t widest = 0;
    for (size_t i = 0; i < parts->count; i++) {
        const size_t width = strlen(parts->parts[i].name);
        widest = width > widest ? width : widest;
    }
    write_usage(parts, &usage);
    if (parts->title)
        fprintf(to, "%s\n\n", parts->title);
    fprintf(to, "%.*s\n\n", BP_STR_ARGS(bp_buf_text(&usage)));
    for (size_t i = 0; i < parts->count; i++)
        fprintf(to, "  %-*s  %s\n", (int)widest, parts->parts[i].name, parts->parts[i].summary);
    fprintf(to, "\n%s", parts->text);
}

static int refuse(const SayParts *parts, const char *word)
{
    char memory[USAGE_MAX];
    BpBuf usage = bp_buf(memory, sizeof memory);
    BpError err;
    BpNearest nearest = bp_nearest(bp_str(word));
    for (size_t i = 0; i < parts->count; i++)
        bp_nearest_look(&nearest, parts->parts[i].name);
    if (nearest.name)
        bp_fail(&err, BP_INVALID, "there is no %s \"%s\": did you mean %s?", word_of(parts), word,
                nearest.name);
    else
        bp_fail(&err, BP_INVALID, "there is no %s \"%s\": `%s --help` lists them", word_of(parts), word,
                parts->tool);
    const int code = say_fail(parts->tool, &err);
    write_usage(parts, &usage);
    fprintf(stderr, "%.*s\n", BP_STR_ARGS(bp_buf_text(&usage)));
    return code;
}

static bool is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0;
}

int say_parts_run(const SayParts *parts, int argc, char **argv)
{
    static char help[] = "--help";
    say_look_for_json(argc, argv);
    if (argc >= 3 && strcmp(argv[1], "help") == 0) {
        memmove(argv + 1, argv + 2, (size_t)(argc - 2) * sizeof *argv);
        argv[argc - 1] = help;
    }
    for (size_t i = 0; argc >= 2 && i < parts->count; i++)
        if (strcmp(argv[1], parts->parts[i].name) == 0)
            return parts->parts[i].run(argc - 1, argv + 1);
    if (argc >= 2 && !is_help(argv[1]))
        return refuse(parts, argv[1]);
    print_parts(parts, argc >= 2 ? stdout : stderr);
    return argc >= 2 ? EX_OK : EX_USAGE;
}
