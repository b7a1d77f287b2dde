/* A call from inside: for the files of this folder alone. */
#ifndef WEB_CALL_PARTS_H
#define WEB_CALL_PARTS_H

#include "apps/web/call/call.h"

enum { CALL_FIELDS_MAX = 12, CALL_ETAG_MAX = 80 };

typedef struct CallField {
    const char *name;
    BpStr value;
} CallField;

struct Call {
    Web *web;
    Call *previous, *next; /* among web->calls */
    HttpdRequest *request; /* NULL: answered, or its client has left */
    HttpdStream *stream;   /* NULL: none */
    BpArena arena;
    OperationMatch match;
    HttpdMethod method;
    BpStr path, query, headers[HTTPD_HEADERS]; /* copies in the arena */
    const char *address;
    bool is_secure;
    const char *site;
    const Person *person;
    BpArena person_arena; /* of who it is: a stream's is looked up again and again */
    json_t *body;

    void (*on_identified)(Call *call); /* of a WebSocket's; NULL: the operation's handler is next */
    bool is_identifying;               /* access has it */
    bool has_ended;                    /* of a stream: call_end was called */

    HttpdField fields[CALL_FIELDS_MAX];
    size_t field_count;

    PgTicket ticket; /* 0: nothing is asked */
    CallRows next_rows;
    CallRefused refused;
    int64_t patience_us; /* of the next question; 0: as usual */
    void *context;

    unsigned working; /* work on other threads */
};

/* Frees it, where nothing of it is under way any more. */
void call_let_go(Call *call);

/* Text as a URL has it: %41 and, of queries, + for a blank. False: it is no such text, or holds a zero. */
bool call_decode(BpArena *arena, BpStr text, bool plus_is_blank, BpStr *ret_text);

/* What the database says to the person: its own sentence where the data is at fault. */
void call_tell(Call *call, BpStatus status, const BpError *err);

/* 401, and how to log in. */
void call_refuse_stranger(Call *call);

/* The browser's rules: Host, Origin, who may change something. False: it was answered. */
bool call_is_admitted(Call *call);
/* Of a session's changes: the token that other sites do not know. False: it was answered. */
bool call_brings_token(Call *call);

#endif
