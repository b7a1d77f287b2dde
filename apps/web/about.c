/* What programs ask of the server itself. */
#include "apps/web/openapi.h"
#include "apps/web/points/store.h"
#include "apps/web/web.h"
#include "base/time.h"

void web_get_health(Call *call)
{
    call_reply(call, 200, json_pack("{s:s, s:s}", "status", "ok", "version", BACPIPES_VERSION));
}

void web_get_ready(Call *call)
{
    const Web *web = call_web(call);
    const bool has_database = pg_pool_counts(web->pool).connected > 0;
    json_t *body = json_pack("{s:b, s:b, s:b}", "ready", has_database, "database", has_database, "broker",
                             web->has_broker || store_is_central(web->store));
    if (!has_database)
        json_object_set_new(body, "detail", json_string("the database is away"));
    call_reply(call, has_database ? 200 : 503, body);
}

/* What browsers see of the certificate, to be held against what they show. */
static json_t *describe_certificate(const Front *front)
{
    char fingerprint[TLS_FINGERPRINT_TEXT_MAX], until[BP_TIME_TEXT_MAX];
    int64_t until_us;
    BpError unknown;
    const char *path = front->authority ? front->authority : front->certificate;
    if (!path || tls_fingerprint(path, fingerprint, &until_us, &unknown) != BP_OK)
        return json_null();
    return json_pack("{s:s, s:s, s:b, s:s?}", "fingerprint", fingerprint, "until",
                     bp_time_format(until_us, 0, until), "own_authority", front->authority != NULL,
                     "download", front->authority ? "/ca.crt" : NULL);
}

void web_get_about(Call *call)
{
    const Web *web = call_web(call);
    char since[BP_TIME_TEXT_MAX];
    call_reply(call, 200,
               json_pack("{s:s, s:s, s:o}", "version", BACPIPES_VERSION, "started_at",
                         bp_time_format(web->started_at_us, 0, since), "certificate",
                         describe_certificate(web->front)));
}

void web_get_openapi(Call *call)
{
    call_set_field(call, "Cache-Control", bp_str("no-cache"));
    call_reply_text(call, 200, "application/yaml", (BpStr){(const char *)web_openapi, web_openapi_size});
}
