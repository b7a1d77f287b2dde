/* Whose the data folder is. */
#ifndef SITE_OWNER_H
#define SITE_OWNER_H

#include "base/error.h"

/* Root becomes the folder's owner, for good; everybody else stays who they are. Whoever owns the folder says
 * what is in it and where its links lead: with root's rights nothing in it is read or written. */
BpStatus site_become_owner(const char *folder, BpError *err) BP_CHECKED;

#endif
