/* What commands have in common that can stop a device: a password out of a file, and somebody who means it.
 */
#ifndef ASK_CONTROL_H
#define ASK_CONTROL_H

#include "node/node.h"

/* For the command's table of options. */
#define ASK_CONTROL_OPTIONS(password_file, yes)                                                              \
    {.name = "password-file",                                                                                \
     .value = "FILE",                                                                                        \
     .meaning = "Whose first line is the password that the device wants, 20 characters at most.",            \
     .text = (password_file)},                                                                               \
    {                                                                                                        \
        .name = "yes", .meaning = "Do it without asking whether it is meant.", .flag = (yes)                 \
    }

typedef struct AskControl {
    const Cfg *cfg;
    BpArena *arena;
    const char *password_file; /* NULL: none */
    bool is_meant;             /* nobody is asked */
    bool may_be_quiet;         /* the device may answer nothing but this */
    Node *node;                /* made by ask_control_begin; the caller's to free */
    BacPeer *peer;
    BacValue password; /* type BAC_NULL: none */
} AskControl;

/* Reads the password and finds the device. */
BpStatus ask_control_begin(AskControl *control, const char *device, BpError *err) BP_CHECKED;

/* Says which device it is that `what` is to be done to ("restarts"), and asks whether it is meant.
 * BP_INVALID: nobody is there to be asked; BP_REFUSED: it is not. */
BpStatus ask_control_confirm(AskControl *control, const char *what, BpError *err) BP_CHECKED;

/* Sends the request and waits for its answer. A refused password is told as such. `ret_refusal`: as node_ask
 * has it. */
BpStatus ask_control_send(AskControl *control, BacConfirmedService service, BpStr parameters, NodeTries tries,
                          BacRefusal *ret_refusal, BpError *err) BP_CHECKED;

#endif
