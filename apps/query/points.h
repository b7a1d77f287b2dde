/* `bacpipes points`: its part that changes them. */
#ifndef QUERY_POINTS_H
#define QUERY_POINTS_H

int query_points_set(int argc, char **argv);

#endif
