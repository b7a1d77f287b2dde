/* A key of our own and the request to certify it; and whether what came back for it can be used. */
#ifndef IO_TLS_REQUEST_H
#define IO_TLS_REQUEST_H

#include "base/buf.h"
#include "base/error.h"

/* Makes the file with a key that is drawn (P-256; we alone read it) where it is not there, and writes the
 * request (PEM) to certify it under that name. BP_INVALID: the file is something else; BP_UNAVAILABLE: it can
 * be neither read nor made. */
BpStatus tls_request_make(const char *path, const char *common_name, BpBuf *out, BpError *err) BP_CHECKED;

/* The same with a key that is in no file: it is written (PEM), too. */
void tls_request_draw(const char *common_name, BpBuf *out_key, BpBuf *out_request);

/* What a certificate says. */
typedef struct TlsAbout {
    char common_name[65];
    int64_t from_us, until_us;
} TlsAbout;

/* The certificate is of this key, which may be in the same file, and of one of the authorities in the file of
 * those. BP_INVALID: it is not, or a file is something else; BP_UNAVAILABLE: one cannot be read. When it ends
 * is not looked at. */
BpStatus tls_client_check(const char *certificate, const char *key, const char *authorities,
                          TlsAbout *ret_about, BpError *err) BP_CHECKED;

/* The same of texts (PEM), each of them whole. BP_INVALID: the sentence says which of the three is damaged,
 * or does not belong to the others. */
BpStatus tls_client_check_texts(BpStr certificate, BpStr key, BpStr authorities, TlsAbout *ret_about,
                                BpError *err) BP_CHECKED;

/* True: one authority at least is in both texts (PEM), so that who trusts the first may be told of the
 * second. */
bool tls_authorities_overlap(BpStr known, BpStr told);

#endif
