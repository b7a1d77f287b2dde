#include "front/nginx.h"

#include <string.h>

/* Which connections and requests it takes. Each number is per address of a client, unless said otherwise: an
 * office behind one address fits in. */
#define CONNECTIONS_MAX     "512"
#define CONNECTIONS_OF_ALL  "4000"
#define LOGINS              "30r/m" /* with a few at once; the web itself slows down who guesses */
#define LOGINS_AT_ONCE      "10"
#define BODY_MAX            "1m"  /* HTTPD_BODY_IN_MAX */
#define LIVE_WITHOUT_A_WORD "75s" /* the web says something at least every 15 s */

static BpStatus check_path(const char *path, BpError *err)
{
    if (path[0] != '/' || strpbrk(path, "\"\\$;{}\n\r\t"))
        return bp_fail(err, BP_INVALID,
                       "%s: nginx takes absolute paths without \" \\ $ ; { } and line breaks", path);
    return BP_OK;
}

static BpStatus check_paths(const FrontNginx *what, BpError *err)
{
    const char *const paths[] = {what->folder,     what->socket,
                                 what->files,      what->front->certificate,
                                 what->front->key, what->front->authority};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        if (paths[i])
            BP_TRY(check_path(paths[i], err));
    return BP_OK;
}

static void put_process(const FrontNginx *what, BpBuf *out)
{
    bp_buf_printf(out,
                  "# Written whole by BacPipes; nothing of /etc/nginx is read.\n"
                  "daemon off;\n"
                  "pid \"%s/nginx.pid\";\n"
                  "error_log stderr warn;\n"
                  "worker_processes 2;\n"
                  "worker_rlimit_nofile 16384;\n"
                  "worker_shutdown_timeout 3s;\n" /* live connections never end by themselves */
                  "working_directory \"%s\";\n"
                  "events { worker_connections 8192; }\n",
                  what->folder, what->folder);
}

/* What a page is made of; the rest has its type from the web. */
static void put_types(BpBuf *out)
{
    static const char types[] = "    types {\n"
                                "        text/html html;\n"
                                "        text/javascript js;\n"
                                "        text/css css;\n"
                                "        text/plain txt;\n"
                                "        application/json json map;\n"
                                "        application/manifest+json webmanifest;\n"
                                "        image/svg+xml svg;\n"
                                "        image/png png;\n"
                                "        image/x-icon ico;\n"
                                "        font/woff2 woff2;\n"
                                "    }\n"
                                "    default_type application/octet-stream;\n"
                                "    charset utf-8;\n"
                                "    charset_types text/javascript text/css text/plain;\n";
    bp_buf_str(out, bp_str(types));
}

static void put_limits(const FrontNginx *what, BpBuf *out)
{
    static const char *const kinds[] = {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        bp_buf_printf(out, "    %s_temp_path \"%s/%s\";\n", kinds[i], what->folder, kinds[i]);
    bp_buf_printf(
        out,
        "    access_log off;\n"
        "    server_tokens off;\n"
        "    client_header_timeout 15s;\n"
        "    client_body_timeout 15s;\n"
        "    send_timeout 30s;\n"
        "    keepalive_timeout 75s;\n"
        "    reset_timedout_connection on;\n"
        "    client_header_buffer_size 1k;\n"
        "    large_client_header_buffers 2 8k;\n"
        "    client_max_body_size " BODY_MAX ";\n"
        "    client_body_buffer_size 64k;\n"
        "    http2_max_concurrent_streams 64;\n"
        "    limit_conn_zone $binary_remote_addr zone=addresses:4m;\n"
        "    limit_conn_zone $server_port zone=all:32k;\n"
        "    limit_conn addresses " CONNECTIONS_MAX ";\n"
        "    limit_conn all " CONNECTIONS_OF_ALL ";\n"
        "    limit_conn_status 503;\n"
        /* Only what has a password or a link's secret in it: who is asked about is counted not at all. */
        "    map $request_method $login { POST $binary_remote_addr; default \"\"; }\n"
        "    limit_req_zone $login zone=logins:4m rate=" LOGINS ";\n"
        "    limit_req_status 429;\n"
        "    map $http_upgrade $connection_on { default upgrade; \"\" \"\"; }\n");
}

static void put_tls(const FrontNginx *what, BpBuf *out)
{
    bp_buf_printf(out,
                  "    ssl_protocols TLSv1.3;\n"
                  "    ssl_certificate \"%s\";\n"
                  "    ssl_certificate_key \"%s\";\n"
                  "    ssl_session_cache shared:tls:2m;\n"
                  "    ssl_session_timeout 1h;\n",
                  what->front->certificate, what->front->key);
}

/* Who the client is, is said by nginx alone: what the client says of it goes no further. */
static void put_upstream(const FrontNginx *what, BpBuf *out)
{
    bp_buf_printf(out,
                  "    upstream web { server \"unix:%s\" max_fails=0; keepalive 32; }\n"
                  "    proxy_http_version 1.1;\n"
                  "    proxy_set_header Host $http_host;\n"
                  "    proxy_set_header Connection $connection_on;\n"
                  "    proxy_set_header Upgrade $http_upgrade;\n"
                  "    proxy_set_header X-Forwarded-For $remote_addr;\n"
                  "    proxy_set_header X-Forwarded-Proto https;\n"
                  "    proxy_set_header X-Forwarded-Host \"\";\n"
                  "    proxy_set_header X-Real-IP \"\";\n"
                  "    proxy_set_header Forwarded \"\";\n"
                  "    proxy_set_header TE \"\";\n"
                  "    proxy_hide_header Strict-Transport-Security;\n"
                  "    proxy_next_upstream off;\n"
                  "    proxy_connect_timeout 5s;\n"
                  "    proxy_read_timeout 75s;\n"
                  "    proxy_max_temp_file_size 0;\n"
                  "    proxy_redirect off;\n",
                  what->socket);
}

static void put_listen(const Front *front, const char *more, BpBuf *out)
{
    bp_buf_printf(out, "        listen %s:%d ssl http2%s;\n", front->address, front->port, more);
}

/* Another name than ours: somebody's DNS leads here, and browsers would take us for his. */
static void put_strangers(const FrontNginx *what, BpBuf *out)
{
    bp_buf_printf(out, "    server {\n");
    put_listen(what->front, " default_server", out);
    bp_buf_printf(out, "        server_name _;\n"
                       "        default_type application/problem+json;\n"
                       "        return 421 '{\"type\":\"/api/docs#wrong-host\",\"title\":\"Not the name of "
                       "this server\",\"status\":421,\"detail\":\"the name is not among those of setting "
                       "web.names\"}';\n"
                       "    }\n");
}

/* A block with an add_header of its own loses those around it, so each has all. */
#define HSTS "add_header Strict-Transport-Security \"max-age=31536000\" always;"

static void put_places(const FrontNginx *what, BpBuf *out)
{
    static const char pass[] =
        "        location / { proxy_pass http://web; }\n"
        "        location = /api/v1/session { limit_req zone=logins burst=" LOGINS_AT_ONCE
        " nodelay; proxy_pass http://web; }\n"
        "        location = /api/v1/link { limit_req zone=logins burst=" LOGINS_AT_ONCE
        " nodelay; proxy_pass http://web; }\n"
        "        location = /api/v1/live { proxy_pass http://web; proxy_buffering off; proxy_read_timeout "
        "" LIVE_WITHOUT_A_WORD "; }\n"
        "        location ~ ^/api/v1/sites/[^/]+/values/stream$ { proxy_pass http://web; proxy_buffering "
        "off; "
        "proxy_read_timeout " LIVE_WITHOUT_A_WORD "; }\n";
    bp_buf_str(out, bp_str(pass));
    if (what->files)
        bp_buf_printf(out,
                      "        location /assets/ {\n"
                      "            root \"%s\";\n"
                      "            limit_except GET { deny all; }\n"
                      "            gzip_static on;\n"
                      "            gzip_vary on;\n"
                      "            disable_symlinks on from=$document_root;\n"
                      "            try_files $uri @web;\n"
                      "            add_header Cache-Control \"public, max-age=31536000, immutable\";\n"
                      "            add_header X-Content-Type-Options nosniff always;\n"
                      "            " HSTS "\n"
                      "        }\n"
                      "        location @web { proxy_pass http://web; }\n",
                      what->files);
    if (what->front->authority)
        bp_buf_printf(out,
                      "        location = /ca.crt {\n"
                      "            alias \"%s\";\n"
                      "            types { }\n"
                      "            default_type application/x-x509-ca-cert;\n"
                      "            add_header Content-Disposition \"attachment; filename=bacpipes-ca.crt\";\n"
                      "            add_header X-Content-Type-Options nosniff always;\n"
                      "            " HSTS "\n"
                      "        }\n",
                      what->front->authority);
}

/* In the words of the API (RFC 9457), whoever it is that answers. */
static void put_problem(const char *name, const char *codes, int status, const char *type, const char *title,
                        const char *detail, BpBuf *out)
{
    bp_buf_printf(out,
                  "        error_page %s =%d @%s;\n"
                  "        location @%s {\n"
                  "            default_type application/problem+json;\n"
                  "%s"
                  "            add_header Cache-Control no-store always;\n"
                  "            " HSTS "\n"
                  "            return %d "
                  "'{\"type\":\"%s\",\"title\":\"%s\",\"status\":%d,\"detail\":\"%s\"}';\n"
                  "        }\n",
                  codes, status, name, name,
                  status == 413 ? "" : "            add_header Retry-After 5 always;\n", status, type, title,
                  status, detail);
}

static void put_server(const FrontNginx *what, BpBuf *out)
{
    const Front *front = what->front;
    bp_buf_printf(out, "    server {\n");
    put_listen(front, "", out);
    bp_buf_printf(out, "        server_name");
    for (size_t i = 0; front->names[i]; i++)
        bp_buf_printf(out, " %s", front->names[i]);
    bp_buf_printf(out,
                  ";\n"
                  "        " HSTS "\n"
                  "        error_page 497 =308 https://$host:%d$request_uri;\n", /* plain HTTP to this port */
                  front->port);
    put_places(what, out);
    put_problem("too_many", "429", 429, "/api/docs#too-many-tries", "Too many tries",
                "too many logins from this address: wait a few seconds", out);
    put_problem("too_large", "413", 413, "/api/docs#too-large", "Too large", "a body is at most 1 MB", out);
    put_problem("away", "502 504", 503, "about:blank", "The web server is away",
                "it starts again by itself: ask again in a few seconds", out);
    bp_buf_printf(out, "    }\n");
}

BpStatus front_write_nginx(const FrontNginx *what, BpBuf *out, BpError *err)
{
    BP_TRY(check_paths(what, err));
    put_process(what, out);
    bp_buf_printf(out, "http {\n");
    put_types(out);
    put_limits(what, out);
    put_tls(what, out);
    put_upstream(what, out);
    put_strangers(what, out);
    put_server(what, out);
    bp_buf_printf(out, "}\n");
    return BP_OK;
}
