/* bacpipes user rights. */
#include "apps/user/user.h"

#include "model/right.h"
#include "say/begin.h"
#include "say/exit.h"
#include "say/json.h"
#include "say/table.h"

#include <stdio.h>

static bool markdown, typescript;

static const CfgOption options[] = {
    {"markdown", NULL, "As a table of docs/security.md.", .flag = &markdown},
    {"typescript", NULL, "As web/src/api/rights.ts has it.", .flag = &typescript},
    {0},
};

static const CfgCommand command = {
    .name = "bacpipes user rights",
    .summary = "Says what each role of the web may.",
    .options = options,
    .offers_json = true,
    .without_settings = true,
    .details = "Exit codes: 0 fine; 64 wrong use.\n",
    .examples = "bacpipes user rights\nbacpipes user rights --json",
};

static const char *mark(const RightRow *right, Role role, const char *yes)
{
    return role >= right->role ? yes : "";
}

static void print_table(void)
{
    static const SayColumn columns[] = {{"what"}, {"viewer"}, {"operator"}, {"engineer"}, {"admin"}};
    SayTable table;
    say_table_init(&table, columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; i < RIGHT_COUNT; i++) {
        say_table_add(&table, bp_str(right_rows[i].meaning));
        for (Role role = ROLE_VIEWER; role < ROLE_COUNT; role++)
            say_table_add(&table, bp_str(mark(&right_rows[i], role, "yes")));
    }
    say_table_print(&table, stdout, 0);
    say_table_done(&table);
}

static void print_markdown(void)
{
    printf("| right | viewer | operator | engineer | admin | |\n| --- | --- | --- | --- | --- | --- |\n");
    for (size_t i = 0; i < RIGHT_COUNT; i++) {
        printf("| `%s` |", right_rows[i].name);
        for (Role role = ROLE_VIEWER; role < ROLE_COUNT; role++)
            printf(" %s |", mark(&right_rows[i], role, "yes"));
        printf(" %s |\n", right_rows[i].meaning);
    }
}

static void print_typescript(void)
{
    printf("// Written by `bacpipes user rights --typescript` from lib/model/rights.def: change that file "
           "instead.\n"
           "export const roles = [");
    for (Role role = ROLE_VIEWER; role < ROLE_COUNT; role++)
        printf("%s'%s'", role > ROLE_VIEWER ? ", " : "", role_name(role));
    printf("] as const\n/* The least role that may. */\nexport const rights = {\n");
    for (size_t i = 0; i < RIGHT_COUNT; i++)
        printf("    %s: '%s',\n", right_rows[i].name, role_name(right_rows[i].role));
    printf("} as const\n");
}

static int run(const CfgArguments *arguments, const Cfg *cfg, BpArena *arena)
{
    (void)cfg;
    (void)arena;
    if (markdown) {
        print_markdown();
    } else if (typescript) {
        print_typescript();
    } else if (arguments->json) {
        json_t *rights = json_array();
        for (size_t i = 0; i < RIGHT_COUNT; i++)
            json_array_append_new(rights,
                                  json_pack("{s:s, s:s, s:s}", "name", right_rows[i].name, "role",
                                            role_name(right_rows[i].role), "meaning", right_rows[i].meaning));
        say_json_print(rights);
    } else {
        print_table();
    }
    return EX_OK;
}

int user_rights(int argc, char **argv)
{
    return say_run(&command, argc, argv, run);
}
