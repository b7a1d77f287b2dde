/* `bacpipes device`: the tool's parts. */
#ifndef QUERY_DEVICE_H
#define QUERY_DEVICE_H

int query_device_list(int argc, char **argv);
int query_device_replace(int argc, char **argv);

#endif
