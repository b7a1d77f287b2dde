#include "apps/job/job.h"

#include <stdio.h>
#include <string.h>

static long long number(const json_t *json, const char *name)
{
    return (long long)json_integer_value(json_object_get(json, name));
}

static const char *text(const json_t *json, const char *name)
{
    const char *value = json_string_value(json_object_get(json, name));
    return value ? value : "";
}

static void show_device(const json_t *device)
{
    printf("  %lld at %s: ", number(device, "instance"), text(device, "address"));
    if (json_is_true(json_object_get(device, "has_failed")))
        printf("could not be read out\n");
    else
        printf("%s%lld points, %lld new, %lld changed, %lld gone\n",
               json_is_true(json_object_get(device, "is_new")) ? "new, " : "", number(device, "points"),
               number(device, "points_new"), number(device, "points_changed"), number(device, "points_gone"));
}

void job_show_found(const json_t *result)
{
    size_t i;
    json_t *device;
    const long long answered = number(result, "answered");
    printf("%lld %s: %lld new, %lld changed. %lld read out, with %lld points.\n", answered,
           answered == 1 ? "device answers" : "devices answer", number(result, "new"),
           number(result, "changed"), number(result, "read_out"), number(result, "points"));
    json_array_foreach (json_object_get(result, "devices"), i, device)
        show_device(device);
}

void job_show_doctor(const json_t *result)
{
    size_t i;
    json_t *finding;
    json_array_foreach (json_object_get(result, "findings"), i, finding) {
        const char *grade = text(finding, "grade");
        printf("%-5s  %-10s %s\n", strcmp(grade, "wrong") == 0 ? "WRONG" : grade, text(finding, "check"),
               text(finding, "what"));
        if (*text(finding, "mend"))
            printf("%18s-> %s\n", "", text(finding, "mend"));
    }
    const long long wrong = number(result, "wrong");
    if (wrong)
        printf("\n%lld %s wrong.\n", wrong, wrong == 1 ? "thing is" : "things are");
    else
        printf("\nNothing is wrong, as far as can be seen from the collector.\n");
}
