/* bacpipes source, in parts: each with argv[0] being its name, and returning its exit code. */
#ifndef CONTROL_SOURCE_H
#define CONTROL_SOURCE_H

int control_source_list(int argc, char **argv);
int control_source_add(int argc, char **argv);
int control_source_set(int argc, char **argv);
int control_source_remove(int argc, char **argv);

#endif
