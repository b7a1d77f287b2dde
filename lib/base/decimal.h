/* Floats as people write them. */
#ifndef BASE_DECIMAL_H
#define BASE_DECIMAL_H

/* The double nearest to the shortest decimal that reads back as this float: 21.1, and not 21.100000381469727.
 * What is not finite, 10^9 and more, or very small stays as it is. */
double bp_decimal(float real);

#endif
