#include "apps/ede/columns.h"

#include "apps/ede/cell.h"

#include <assert.h>

enum { TITLES_PER_COLUMN_MAX = 6 };

/* The layout's title, and how it and its older and vendors' names fold. */
static const struct {
    const char *title;
    const char *folded[TITLES_PER_COLUMN_MAX];
} columns[EDE_COLUMNS] = {
    [EDE_KEYNAME] = {"keyname", {"keyname"}},
    [EDE_DEVICE] = {"device obj.-instance",
                    {"deviceobjinstance", "deviceobjectinstance", "deviceinstance", "deviceobjinst"}},
    [EDE_NAME] = {"object-name", {"objectname"}},
    [EDE_TYPE] = {"object-type", {"objecttype"}},
    [EDE_INSTANCE] = {"object-instance", {"objectinstance", "objectinst"}},
    [EDE_DESCRIPTION] = {"description", {"description", "objectdescription"}},
    [EDE_DEFAULT] = {"present-value-default", {"presentvaluedefault", "defaultvalue"}},
    [EDE_MIN] = {"min-present-value", {"minpresentvalue", "minvalue"}},
    [EDE_MAX] = {"max-present-value", {"maxpresentvalue", "maxvalue"}},
    [EDE_SETTABLE] = {"settable", {"settable", "commandable"}},
    [EDE_COV] = {"supports COV", {"supportscov", "supportcov", "cov"}},
    [EDE_HIGH_LIMIT] = {"hi-limit", {"hilimit", "highlimit"}},
    [EDE_LOW_LIMIT] = {"low-limit", {"lowlimit", "lolimit"}},
    [EDE_STATES] = {"state-text-reference", {"statetextreference", "statetextref"}},
    [EDE_UNITS] = {"unit-code", {"unitcode", "unitscode"}},
    /* Widely copied with a letter missing. */
    [EDE_ADDRESS] = {"vendor-specific-address", {"vendorspecificaddress", "vendorspecificaddres"}},
    [EDE_NOTIFICATION_CLASS] = {"notification-class", {"notificationclass"}},
};

const char *ede_column_title(EdeColumn column)
{
    assert(column < EDE_COLUMNS);
    return columns[column].title;
}

EdeColumn ede_column_find(BpStr title)
{
    for (int column = 0; column < EDE_COLUMNS; column++)
        for (size_t i = 0; i < TITLES_PER_COLUMN_MAX && columns[column].folded[i]; i++)
            if (ede_cell_is(title, columns[column].folded[i]))
                return (EdeColumn)column;
    return EDE_COLUMNS;
}
