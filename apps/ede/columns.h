/* The layout's columns: their titles, and what older layouts and vendors call them. */
#ifndef EDE_COLUMNS_H
#define EDE_COLUMNS_H

#include "apps/ede/ede.h"

/* The layout's own title. */
const char *ede_column_title(EdeColumn column);

/* The column with this title, however it is written; EDE_COLUMNS: none of the layout. */
EdeColumn ede_column_find(BpStr title);

#endif
