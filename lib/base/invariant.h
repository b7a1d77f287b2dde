/* What must hold between two calls of a part that keeps state. A part that has such rules has a function
 * NAME_check, which asserts all of them, and calls it at the end of what its callers call. That takes time
 * that a release does not spend: the calls are there in builds with a sanitizer, which is what tests and fuzz
 * targets run in. */
#ifndef BASE_INVARIANT_H
#define BASE_INVARIANT_H

#ifdef BP_INVARIANTS
#define BP_INVARIANT(check) (check)
#else
#define BP_INVARIANT(check) ((void)0)
#endif

#endif
