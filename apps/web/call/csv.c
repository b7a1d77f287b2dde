#include "apps/web/call/csv.h"

/* A line that begins so is calculated, in one spreadsheet or another: OWASP, "CSV Injection". */
static bool is_like_a_formula(BpStr text)
{
    return text.size && text.data[0] && strchr("=+-@\t\r\n", text.data[0]);
}

void csv_text(BpBuf *out, BpStr text)
{
    bool needs_quotes = false;
    for (size_t i = 0; i < text.size; i++)
        needs_quotes = needs_quotes || (text.data[i] && strchr(",;\"\r\n\t", text.data[i]));
    if (needs_quotes)
        bp_buf_u8(out, '"');
    if (is_like_a_formula(text))
        bp_buf_u8(out, '\'');
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '"')
            bp_buf_u8(out, '"');
        bp_buf_u8(out, (uint8_t)text.data[i]);
    }
    if (needs_quotes)
        bp_buf_u8(out, '"');
}
