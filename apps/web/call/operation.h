/* What can be asked for: one table (apps/web/operations.def), which openapi.yaml describes. */
#ifndef WEB_CALL_OPERATION_H
#define WEB_CALL_OPERATION_H

#include "apps/web/call/person.h"
#include "io/httpd/httpd.h"

struct Call;
typedef void (*CallHandler)(struct Call *call);

typedef enum OperationFlags {
    OPERATION_OPEN = 1,      /* nobody need have logged in */
    OPERATION_BODY = 2,      /* a JSON object is needed; without: a body is refused */
    OPERATION_SOCKET = 4,    /* a WebSocket; the handler identifies by itself (call_identify) */
    OPERATION_ANY_ROLE = 8,  /* whoever has logged in, whatever the role: their own affairs */
    OPERATION_MAY_BODY = 16, /* a JSON object may be there */
    OPERATION_EARLY = 32,    /* also for who has something to do first (Person.must), as to log out */
    OPERATION_ANYWHERE = 64, /* no {site}: the right at any site is enough, and the handler looks closer */
} OperationFlags;

typedef struct Operation {
    HttpdMethod method;
    const char *path; /* "/api/v1/sites/{site}/points/{point}" */
    const char *name; /* operationId */
    Right right;      /* at {site}, where the path has one, else in the whole organisation */
    unsigned flags;
    CallHandler handler;
} Operation;

enum { OPERATION_VALUES_MAX = 4 }; /* {...} of a path */

typedef struct OperationMatch {
    const Operation *operation;         /* NULL: none */
    BpStr values[OPERATION_VALUES_MAX]; /* as they were sent, not decoded; in the order of the path */
    unsigned
        methods; /* of those that the path has, a bit each: for "Allow" where the method is not among them */
} OperationMatch;

/* Looks for the operation of a method and path. HEAD is GET. */
OperationMatch operation_match(const Operation *operations, size_t count, HttpdMethod method, BpStr path);

/* The place of {name} among an operation's values; -1: it has none. */
int operation_value(const Operation *operation, const char *name);

#endif
