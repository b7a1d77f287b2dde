/* bacpipes site: at central the sites that it has, and at a site how it joins. */
#ifndef SITE_TOOL_H
#define SITE_TOOL_H

#include "base/arena.h"
#include "base/error.h"
#include "config/config.h"

int site_tool_add(int argc, char **argv);
int site_tool_join(int argc, char **argv);
int site_tool_list(int argc, char **argv);
int site_tool_renew(int argc, char **argv);
int site_tool_revoke(int argc, char **argv);
int site_tool_rename(int argc, char **argv);
int site_tool_retire(int argc, char **argv);
int site_tool_sign(int argc, char **argv);

#endif
