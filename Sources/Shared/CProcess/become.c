#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "become.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Names of fields, and of the step that fails. */
static const struct {
    const char *name;
    int resource;
} limit_kinds[MCP_LIMITS] = {
    {"limit-files", RLIMIT_NOFILE},
    {"limit-processes", RLIMIT_NPROC},
    {"limit-core", RLIMIT_CORE},
    {"limit-file-size", RLIMIT_FSIZE},
};

/* MARK: - Fields */

static const char *value_of(const char *field, const char *key)
{
    size_t length = strlen(key);
    return strncmp(field, key, length) == 0 && field[length] == '=' ? field + length + 1 : NULL;
}

const char *mcp_field(const struct mcp_fields *fields, const char *key, const char *otherwise)
{
    for (char *field = fields->block; field < fields->block + fields->size; field += strlen(field) + 1) {
        const char *value = value_of(field, key);
        if (value != NULL)
            return value;
    }
    return otherwise;
}

char **mcp_collect(const struct mcp_fields *fields, const char *key, int *count)
{
    int found = 0;
    char *end = fields->block + fields->size;
    for (char *field = fields->block; field < end; field += strlen(field) + 1)
        found += value_of(field, key) != NULL;
    char **values = calloc((size_t)found + 1, sizeof *values);
    if (values == NULL)
        return NULL;
    int index = 0;
    for (char *field = fields->block; field < end; field += strlen(field) + 1)
        if (value_of(field, key) != NULL)
            values[index++] = (char *)value_of(field, key);
    if (count != NULL)
        *count = found;
    return values;
}

/* No sign, no blank, no other base: what is read wrongly here might be the number of root. */
static uint64_t whole_number(const char *text, uint64_t most, bool *valid)
{
    char *end;
    errno = 0;
    uint64_t number = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0' || errno != 0 || number > most) {
        *valid = false;
        return 0;
    }
    return number;
}

uint64_t mcp_number(const struct mcp_fields *fields, const char *key, uint64_t most, bool *valid)
{
    return whole_number(mcp_field(fields, key, "0"), most, valid);
}

bool mcp_read_context(const struct mcp_fields *fields, struct mcp_context *context)
{
    bool valid = true;
    memset(context, 0, sizeof *context);
    context->working_dir = mcp_field(fields, "working-dir", NULL);
    context->env_file = mcp_field(fields, "env-file", NULL);
    context->argv = mcp_collect(fields, "arg", NULL);
    context->env = mcp_collect(fields, "env", NULL);
    context->own_env = mcp_collect(fields, "own-env", NULL);
    char **groups = mcp_collect(fields, "group", &context->group_count);
    if (context->argv == NULL || context->env == NULL || context->own_env == NULL || groups == NULL)
        return false;
    context->groups = calloc((size_t)context->group_count + 1, sizeof *context->groups);
    if (context->groups == NULL)
        return false;
    /* The highest number is -1, which the system calls take for "leave it as it is". */
    const uint64_t highest_id = UINT32_MAX - 1;
    for (int i = 0; i < context->group_count; i++)
        context->groups[i] = (gid_t)whole_number(groups[i], highest_id, &valid);
    free(groups);
    context->change_user = mcp_field(fields, "uid", NULL) != NULL;
    if (context->change_user && mcp_field(fields, "gid", NULL) == NULL)
        return false;
    context->uid = (uid_t)mcp_number(fields, "uid", highest_id, &valid);
    context->gid = (gid_t)mcp_number(fields, "gid", highest_id, &valid);
    context->drop_capabilities = mcp_number(fields, "drop-capabilities", 1, &valid) == 1;
    context->new_privileges = mcp_number(fields, "new-privileges", 1, &valid) == 1;
    context->has_umask = mcp_field(fields, "umask", NULL) != NULL;
    context->umask = (mode_t)mcp_number(fields, "umask", 0777, &valid);
    context->has_nice = mcp_field(fields, "nice", NULL) != NULL;
    const char *nice = mcp_field(fields, "nice", "0");
    bool is_negative = *nice == '-';
    context->nice = (int)whole_number(nice + is_negative, 20, &valid) * (is_negative ? -1 : 1);
    context->memory_limit_bytes = mcp_number(fields, "memory-limit", INT64_MAX, &valid);
    context->file_limit = mcp_number(fields, "file-limit", INT64_MAX, &valid);
    for (int i = 0; i < MCP_LIMITS; i++)
        context->limits[i] = mcp_field(fields, limit_kinds[i].name, NULL) != NULL
            ? mcp_number(fields, limit_kinds[i].name, INT64_MAX, &valid)
            : RLIM_INFINITY;
    return valid;
}

/* MARK: - Steps */

/* As if nobody had touched them: none blocked, none ignored. */
static void reset_signals(void)
{
    struct sigaction standard = {.sa_handler = SIG_DFL};
    for (int signal = 1; signal < NSIG; signal++)
        sigaction(signal, &standard, NULL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* The two that the C library keeps to itself, and ignores in what it spawns. Not before the change of user: that is how
   the library has all threads make it. */
static void reset_internal_signals(void)
{
    unsigned long standard[8] = {0}; /* the kernel's struct, of which nothing but the handler counts */
    for (int signal = 32; signal <= 33; signal++)
        syscall(SYS_rt_sigaction, signal, standard, NULL, 8);
}

/* Whatever this process has open beyond its input and output is not the program's. */
static void close_at_exec(void)
{
    if (syscall(SYS_close_range, 3u, ~0u, 4u /* CLOSE_RANGE_CLOEXEC */) == 0)
        return;
    /* Before Linux 5.11. */
    for (int fd = 3; fd < 4096; fd++)
        fcntl(fd, F_SETFD, FD_CLOEXEC);
}

/* While it is still root, where it is: raising a limit takes that. */
static const char *set_limits(const struct mcp_context *context)
{
    struct rlimit files;
    if (context->file_limit > 0 && getrlimit(RLIMIT_NOFILE, &files) == 0 && context->file_limit < files.rlim_cur) {
        files.rlim_cur = context->file_limit;
        if (setrlimit(RLIMIT_NOFILE, &files) < 0)
            return "file-limit";
    }
    for (int i = 0; i < MCP_LIMITS; i++) {
        struct rlimit limit = {context->limits[i], context->limits[i]};
        if (context->limits[i] != RLIM_INFINITY && setrlimit(limit_kinds[i].resource, &limit) < 0)
            return limit_kinds[i].name;
    }
    return NULL;
}

/* What no program that is executed later can have, whatever its file says. A daemon that is not root can't do that. */
static bool empty_bounding_set(void)
{
    for (int capability = 0; capability < 64; capability++) {
        int held = prctl(PR_CAPBSET_READ, capability, 0, 0, 0);
        if (held < 0)
            break; /* there is none of that number, nor of a higher one */
        if (held > 0 && prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0 && geteuid() == 0)
            return false;
    }
    return true;
}

/* Becoming another user does this too, unless the process was told to keep what it has. With these the ambient ones go. */
static bool drop_capabilities(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};
    return syscall(SYS_capset, &header, none) == 0;
}

static bool is_all(uint32_t expected, uint32_t a, uint32_t b, uint32_t c)
{
    return a == expected && b == expected && c == expected;
}

/* Each of the three ids, and then a try to go back, which must fail. */
static bool change_user(const struct mcp_context *context)
{
    uid_t uid[3];
    gid_t gid[3];
    if (setgroups((size_t)context->group_count, context->groups) < 0
        || setresgid(context->gid, context->gid, context->gid) < 0
        || setresuid(context->uid, context->uid, context->uid) < 0)
        return false;
    errno = EPERM;
    return getresuid(&uid[0], &uid[1], &uid[2]) == 0 && is_all(context->uid, uid[0], uid[1], uid[2])
        && getresgid(&gid[0], &gid[1], &gid[2]) == 0 && is_all(context->gid, gid[0], gid[1], gid[2]);
}

/* Of this thread alone, which is the one that goes on: to the C library threads that differ are a reason to abort. */
static bool can_go_back(const struct mcp_context *context)
{
    return context->uid != 0 && (syscall(SYS_setuid, 0) == 0 || syscall(SYS_setresuid, -1, 0, -1) == 0);
}

static const char *search_path(char **env)
{
    for (char **entry = env; *entry != NULL; entry++)
        if (strncmp(*entry, "PATH=", 5) == 0)
            return *entry + 5;
    return "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
}

/* execvpe looks in our PATH; the workload's own is what counts. Returns only where nothing could be executed, with the
   path of what was there all the same, or NULL. */
static const char *execute(char **argv, char **env)
{
    static char found[4096];
    const char *name = argv[0];
    if (strchr(name, '/') != NULL) {
        execve(name, argv, env);
        return name;
    }
    int error = ENOENT;
    for (const char *path = search_path(env); path != NULL;) {
        const char *end = strchrnul(path, ':');
        char candidate[4096];
        int size = snprintf(candidate, sizeof candidate, "%.*s/%s", (int)(end - path), path, name);
        if (end > path && size > 0 && (size_t)size < sizeof candidate) {
            execve(candidate, argv, env);
            if (errno != ENOENT && errno != ENOTDIR)
                error = errno;
            if (found[0] == '\0' && access(candidate, F_OK) == 0)
                memcpy(found, candidate, (size_t)size + 1);
        }
        path = *end ? end + 1 : NULL;
    }
    errno = error;
    return found[0] != '\0' ? found : NULL;
}

static const char *fail(const char *step, int *error)
{
    *error = errno;
    return step;
}

const char *mcp_become(const struct mcp_context *context, int *error)
{
    reset_signals();
    close_at_exec();
    if (context->has_umask)
        umask(context->umask);

    /* First what may need root, */
    const char *limit = set_limits(context);
    if (limit != NULL)
        return fail(limit, error);
    if (context->has_nice && setpriority(PRIO_PROCESS, 0, context->nice) < 0)
        return fail("nice", error);
    /* then the end of being root, */
    if (context->drop_capabilities && !empty_bounding_set())
        return fail("capabilities", error);
    if (context->change_user && !change_user(context))
        return fail("user", error);
    if (context->drop_capabilities && !drop_capabilities())
        return fail("capabilities", error);
    if (context->change_user && can_go_back(context)) {
        errno = EPERM;
        return fail("user", error);
    }
    /* Keys that the daemon's session holds are not for another user; where there are no keyrings there are none. */
    if (context->change_user)
        syscall(SYS_keyctl, 1 /* KEYCTL_JOIN_SESSION_KEYRING */, NULL);
    /* then what is done with the rights that are left: a folder or a file that is closed to the user stays so. */
    if (context->parent > 0) {
        if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0) /* a change of user would take it back */
            return fail("parent", error);
        if (getppid() != context->parent)
            _exit(127);
    }
    if (chdir(context->working_dir) < 0)
        return fail("chdir", error);
    char **env;
    const char *step = mcp_read_env_file(context, &env, error);
    if (step != NULL)
        return step;
    struct rlimit memory = {context->memory_limit_bytes, context->memory_limit_bytes};
    if (context->memory_limit_bytes > 0 && setrlimit(RLIMIT_AS, &memory) < 0)
        return fail("memory", error);
    if (!context->new_privileges && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return fail("privileges", error);
    reset_internal_signals();
    const char *found = execute(context->argv, env);
    *error = errno;
    return found != NULL ? mcp_explain_exec(found, error) : "exec";
}
