/* The interface's files, all of them in memory: no name that is asked for ever reaches the file system. The
 * page itself is made for each request, since its nonce may be known to nobody else. */
#include "apps/web/web.h"

#include "base/log.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILES_MAX = 1000, FILE_SIZE_MAX = 16 * 1024 * 1024, DEPTH_MAX = 4, NONCE_OCTETS = 16 };
static const char NONCE_PLACE[] = "__NONCE__";
static const char PAGE[] = "/index.html";

typedef struct File {
    char *name; /* "/assets/main-3FA2.js" */
    BpStr contents;
} File;

struct Files {
    char *folder;
    File *items;
    size_t count;
    struct timespec read_at; /* when its page was written that was read */
};

/* ---- from the disk ---- */

static bool read_file(const char *path, BpStr *ret_contents)
{
    struct stat about;
    const int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    bool is_read =
        fd >= 0 && fstat(fd, &about) == 0 && S_ISREG(about.st_mode) && about.st_size <= FILE_SIZE_MAX;
    char *octets = is_read ? malloc((size_t)about.st_size + 1) : NULL;
    size_t size = 0;
    while (octets && size < (size_t)about.st_size) {
        const ssize_t got = read(fd, octets + size, (size_t)about.st_size - size);
        if (got <= 0)
            break;
        size += (size_t)got;
    }
    if (fd >= 0)
        close(fd);
    is_read = octets && size == (size_t)about.st_size;
    if (is_read)
        *ret_contents = (BpStr){octets, size};
    else
        free(octets);
    return is_read;
}

static void read_folder(Files *files, const char *name, int depth)
{
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s%s", files->folder, name) >= (int)sizeof path)
        return;
    DIR *folder = opendir(path);
    const struct dirent *entry;
    while (folder && (entry = readdir(folder))) {
        char own[PATH_MAX], whole[PATH_MAX];
        BpStr contents;
        if (entry->d_name[0] == '.' ||
            snprintf(own, sizeof own, "%s/%s", name, entry->d_name) >= (int)sizeof own ||
            snprintf(whole, sizeof whole, "%s%s", files->folder, own) >= (int)sizeof whole)
            continue;
        if (entry->d_type == DT_DIR) {
            if (depth < DEPTH_MAX)
                read_folder(files, own, depth + 1);
        } else if (files->count < FILES_MAX && read_file(whole, &contents)) {
            files->items = reallocarray(files->items, files->count + 1, sizeof *files->items);
            if (!files->items)
                abort();
            files->items[files->count++] = (File){strdup(own), contents};
        }
    }
    if (folder)
        closedir(folder);
}

static void forget(Files *files)
{
    for (size_t i = 0; i < files->count; i++) {
        free(files->items[i].name);
        free((char *)(uintptr_t)files->items[i].contents.data);
    }
    free(files->items);
    files->items = NULL;
    files->count = 0;
}

/* Reads them anew where the page was written since: whoever builds the interface sees it at the next look. */
static void look(Files *files)
{
    char path[PATH_MAX];
    struct stat about;
    if (snprintf(path, sizeof path, "%s%s", files->folder, PAGE) >= (int)sizeof path ||
        stat(path, &about) != 0)
        return;
    if (about.st_mtim.tv_sec == files->read_at.tv_sec && about.st_mtim.tv_nsec == files->read_at.tv_nsec)
        return;
    forget(files);
    files->read_at = about.st_mtim;
    read_folder(files, "", 0);
}

Files *files_new(const char *folder)
{
    Files *files = calloc(1, sizeof *files);
    if (!files || !(files->folder = strdup(folder)))
        abort();
    look(files);
    if (!files->count)
        bp_log(BP_LOG_NOTICE, "the interface is not in %s: the API works, and `script/ui` builds it",
               files->folder);
    return files;
}

void files_free(Files *files)
{
    if (!files)
        return;
    forget(files);
    free(files->folder);
    free(files);
}

/* ---- to who asks ---- */

static const File *find(const Files *files, BpStr name, const char *ending)
{
    const size_t more = strlen(ending);
    for (size_t i = 0; i < files->count; i++) {
        const char *own = files->items[i].name;
        if (strlen(own) == name.size + more && memcmp(own, name.data, name.size) == 0 &&
            strcmp(own + name.size, ending) == 0)
            return &files->items[i];
    }
    return NULL;
}

static const char *type_of(const char *name)
{
    static const struct {
        const char *ending, *type;
    } types[] = {
        {".html", "text/html; charset=utf-8"},
        {".js", "text/javascript; charset=utf-8"},
        {".css", "text/css; charset=utf-8"},
        {".json", "application/json"},
        {".svg", "image/svg+xml"},
        {".png", "image/png"},
        {".ico", "image/x-icon"},
        {".woff2", "font/woff2"},
        {".txt", "text/plain; charset=utf-8"},
        {".map", "application/json"},
        {".webmanifest", "application/manifest+json"},
    };
    const size_t size = strlen(name);
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        const size_t own = strlen(types[i].ending);
        if (size > own && strcmp(name + size - own, types[i].ending) == 0)
            return types[i].type;
    }
    return "application/octet-stream";
}

static void serve_page(Call *call, const File *page)
{
    static const char policy[] =
        "default-src 'self'; style-src 'self' 'nonce-%s'; img-src 'self' data: blob:; "
        "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
    uint8_t octets[NONCE_OCTETS];
    char nonce[2 * NONCE_OCTETS + 1], said[sizeof policy + sizeof nonce];
    if (getrandom(octets, sizeof octets, 0) != sizeof octets)
        abort();
    for (size_t i = 0; i < sizeof octets; i++)
        snprintf(nonce + 2 * i, 3, "%02x", octets[i]);
    BpBuf body = bp_buf_growing(FILE_SIZE_MAX);
    const char *at = page->contents.data, *const end = at + page->contents.size;
    for (const char *place; (place = memmem(at, (size_t)(end - at), NONCE_PLACE, sizeof NONCE_PLACE - 1));
         at = place + sizeof NONCE_PLACE - 1) {
        bp_buf_octets(&body, at, (size_t)(place - at));
        bp_buf_str(&body, bp_str(nonce));
    }
    bp_buf_octets(&body, at, (size_t)(end - at));
    snprintf(said, sizeof said, policy, nonce);
    call_set_field(call, "Content-Security-Policy", bp_str(said));
    call_reply_text(call, 200, "text/html; charset=utf-8", bp_buf_text(&body));
    bp_buf_done(&body);
}

static void serve(Call *call, const Files *files, const File *file)
{
    const File *small = find(files, bp_str(file->name), ".gz");
    const bool is_hashed = strncmp(file->name, "/assets/", sizeof "/assets/" - 1) == 0;
    call_set_field(call, "Cache-Control",
                   bp_str(is_hashed ? "public, max-age=31536000, immutable" : "no-cache"));
    call_set_field(call, "Content-Security-Policy", bp_str("default-src 'none'; frame-ancestors 'none'"));
    call_reply_file(call, type_of(file->name), file->contents, small ? small->contents : (BpStr){0});
}

void files_serve(Call *call)
{
    Files *files = call_web(call)->files;
    const BpStr path = call_path(call);
    if (!call_is_reading(call)) {
        call_problem(call, 405, "wrong-method", "there is nothing here but to look at");
        return;
    }
    look(files);
    const File *file = path.size > 1 ? find(files, path, "") : NULL;
    const File *page = find(files, bp_str(PAGE), "");
    /* No screen's address has a dot, and what is built stands below /assets/. */
    const bool names_a_file = path.size && (memchr(path.data, '.', path.size) ||
                                            (path.size > 8 && memcmp(path.data, "/assets/", 8) == 0));
    if (file && file != page)
        serve(call, files, file);
    else if (page && !names_a_file)
        serve_page(call, page);
    else if (page)
        call_problem(call, 404, "not-found", "there is no such file");
    else
        call_reply_text(call, 404, "text/plain; charset=utf-8",
                        bp_str("The interface has not been built here. `script/ui` builds it, and `bacpipes "
                               "web` finds it then.\n"
                               "The API is at /api/v1, and described in /api/v1/openapi.yaml.\n"));
}
