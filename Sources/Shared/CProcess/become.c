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
} limit_kinds[MC_LIMITS] = {
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

const char *mc_field(const struct mc_fields *fields, const char *key, const char *otherwise)
{
    for (char *field = fields->block; field < fields->block + fields->size; field += strlen(field) + 1) {
        const char *value = value_of(field, key);
        if (value != NULL)
            return value;
    }
    return otherwise;
}

char **mc_collect(const struct mc_fields *fields, const char *key, int *count)
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

uint64_t mc_number(const struct mc_fields *fields, const char *key, uint64_t most, bool *valid)
{
    return whole_number(mc_field(fields, key, "0"), most, valid);
}

bool mc_read_context(const struct mc_fields *fields, struct mc_context *context)
{
    bool valid = true;
    memset(context, 0, sizeof *context);
    context->working_dir = mc_field(fields, "working-dir", NULL);
    context->env_file = mc_field(fields, "env-file", NULL);
    context->argv = mc_collect(fields, "arg", NULL);
    context->env = mc_collect(fields, "env", NULL);
    context->own_env = mc_collect(fields, "own-env", NULL);
    char **groups = mc_collect(fields, "group", &context->group_count);
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
    context->change_user = mc_field(fields, "uid", NULL) != NULL;
    if (context->change_user && mc_field(fields, "gid", NULL) == NULL)
        return false;
    context->uid = (uid_t)mc_number(fields, "uid", highest_id, &valid);
    context->gid = (gid_t)mc_number(fields, "gid", highest_id, &valid);
    context->drop_capabilities = mc_number(fields, "drop-capabilities", 1, &valid) == 1;
    context->new_privileges = mc_number(fields, "new-privileges", 1, &valid) == 1;
    context->has_umask = mc_field(fields, "umask", NULL) != NULL;
    context->umask = (mode_t)mc_number(fields, "umask", 0777, &valid);
    context->has_nice = mc_field(fields, "nice", NULL) != NULL;
    const char *nice = mc_field(fields, "nice", "0");
    bool is_negative = *nice == '-';
    context->nice = (int)whole_number(nice + is_negative, 20, &valid) * (is_negative ? -1 : 1);
    context->memory_limit_bytes = mc_number(fields, "memory-limit", INT64_MAX, &valid);
    context->file_limit = mc_number(fields, "file-limit", INT64_MAX, &valid);
    for (int i = 0; i < MC_LIMITS; i++)
        context->limits[i] = mc_field(fields, limit_kinds[i].name, NULL) != NULL
            ? mc_number(fields, limit_kinds[i].name, INT64_MAX, &valid) : RLIM_INFINITY;
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

/* While it is still root, where it is: raising a limit takes that. */
static const char *set_limits(const struct mc_context *context)
{
    struct rlimit files;
    if (context->file_limit > 0 && getrlimit(RLIMIT_NOFILE, &files) == 0 && context->file_limit < files.rlim_cur) {
        files.rlim_cur = context->file_limit;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    for (int i = 0; i < MC_LIMITS; i++) {
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
static bool change_user(const struct mc_context *context)
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
static bool can_go_back(const struct mc_context *context)
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

/* execvpe looks in our PATH; the workload's own is what counts. */
static void execute(char **argv, char **env)
{
    const char *name = argv[0];
    if (strchr(name, '/') != NULL) {
        execve(name, argv, env);
        return;
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
        }
        path = *end ? end + 1 : NULL;
    }
    errno = error;
}

static const char *fail(const char *step, int *error)
{
    *error = errno;
    return step;
}

const char *mc_become(const struct mc_context *context, int *error)
{
    reset_signals();
    syscall(SYS_close_range, 3u, ~0u, 4u /* CLOSE_RANGE_CLOEXEC */);
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
        prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0); /* a change of user would take it back */
        if (getppid() != context->parent)
            _exit(127);
    }
    if (chdir(context->working_dir) < 0)
        return fail("chdir", error);
    char **env;
    const char *step = mc_read_env_file(context, &env, error);
    if (step != NULL)
        return step;
    struct rlimit memory = {context->memory_limit_bytes, context->memory_limit_bytes};
    if (context->memory_limit_bytes > 0 && setrlimit(RLIMIT_AS, &memory) < 0)
        return fail("memory", error);
    if (!context->new_privileges && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return fail("privileges", error);
    reset_internal_signals();
    execute(context->argv, env);
    return fail("exec", error);
}
