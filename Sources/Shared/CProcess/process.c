#define _GNU_SOURCE
#include "CProcess.h"

#include "become.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

/* What every program of ours is started with: a session of its own, and signals as if nobody had touched them. */
static int spawn(
    const char *path, char *const argv[], char *const env[], posix_spawn_file_actions_t *actions, pid_t *pid)
{
    posix_spawnattr_t attributes;
    int error = posix_spawnattr_init(&attributes);
    if (error != 0)
        return error;
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    error = posix_spawnattr_setsigmask(&attributes, &none);
    if (error == 0)
        error = posix_spawnattr_setsigdefault(&attributes, &all);
    if (error == 0)
        error =
            posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    if (error == 0)
        error = posix_spawnp(pid, path, actions, &attributes, argv, env);
    posix_spawnattr_destroy(&attributes);
    return error;
}

/* Null devices as 0 to 2, and nothing from `first` on. */
static int close_rest(posix_spawn_file_actions_t *actions, int first)
{
    int error = 0;
    for (int fd = 0; error == 0 && fd <= 2; fd++)
        error = posix_spawn_file_actions_addopen(actions, fd, "/dev/null", O_RDWR, 0);
    return error != 0 ? error : posix_spawn_file_actions_addclosefrom_np(actions, first);
}

int mcp_spawn_apart(posix_spawn_file_actions_t *actions, const char *directory)
{
    int error = directory != NULL ? posix_spawn_file_actions_addchdir_np(actions, directory) : 0;
    return error != 0 ? error : posix_spawn_file_actions_addclosefrom_np(actions, 3);
}

int mcp_spawn_keeper(const char *path, const char *name, int control, int lock, pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    int error = posix_spawn_file_actions_init(&actions);
    if (error != 0)
        return error;
    /* The number that the other one gets: the lock would be gone before it is copied. */
    int raised = -1;
    if (lock == 3) {
        raised = fcntl(lock, F_DUPFD_CLOEXEC, 5);
        if (raised < 0)
            error = errno;
        lock = raised;
    }
    /* These first: opening 0 to 2 cannot then overwrite them. */
    if (error == 0)
        error = posix_spawn_file_actions_adddup2(&actions, control, 3);
    if (error == 0)
        error = lock >= 0 ? posix_spawn_file_actions_adddup2(&actions, lock, 4)
                          : posix_spawn_file_actions_addopen(&actions, 4, "/dev/null", O_RDWR, 0);
    if (error == 0)
        error = close_rest(&actions, 5);
    char *const arguments[] = {"mc-keeper", (char *)name, NULL};
    char *const environment[] = {NULL};
    if (error == 0)
        error = spawn(path, arguments, environment, &actions, pid);
    posix_spawn_file_actions_destroy(&actions);
    if (raised >= 0)
        close(raised);
    return error;
}

const char *mcp_become_described(char *block, size_t size, int *error)
{
    struct mcp_fields fields = {block, size};
    struct mcp_context context;
    *error = EINVAL;
    return mcp_read_context(&fields, &context) ? mcp_become(&context, error) : "terms";
}

int mcp_connect_in(const char *directory, const char *name)
{
    int folder = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return -errno;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%s", folder, name);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int result = fd;
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
        result = -errno;
        if (fd >= 0)
            close(fd);
    }
    close(folder);
    return result;
}

int mcp_socket_pair(int pair[2]) { return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0 ? errno : 0; }

int mcp_lock(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return -errno;
    if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        int error = errno;
        close(fd);
        return -error;
    }
    return fd;
}

/* glibc 2.36 has a name for it, older ones have not. */
int mcp_watch(pid_t pid)
{
    long descriptor = syscall(SYS_pidfd_open, pid, 0);
    return descriptor < 0 ? -errno : (int)descriptor;
}

int mcp_reap(pid_t pid)
{
    pid_t got = waitpid(pid, NULL, WNOHANG);
    return got == pid || (got < 0 && errno == ECHILD);
}

int mcp_disk(const char *path, uint64_t *total, uint64_t *available)
{
    struct statvfs status;
    if (statvfs(path, &status) < 0)
        return errno;
    *total = (uint64_t)status.f_blocks * status.f_frsize;
    *available = (uint64_t)status.f_bavail * status.f_frsize;
    return 0;
}

/* systemd marks what it delegates; others give the folder to the user. */
int mcp_is_delegated(const char *path)
{
    char mark = 0;
    if (getxattr(path, "trusted.delegate", &mark, 1) == 1 || getxattr(path, "user.delegate", &mark, 1) == 1)
        return mark == '1';
    struct stat status;
    return geteuid() != 0 && stat(path, &status) == 0 && status.st_uid == geteuid();
}

/* An entry of a directory service may be large: a group has all of its members in it. */
enum { LARGEST_ENTRY = 1 << 20 };

/* Copies a text that must fit: half a path would be another one. */
static int copy(char *room, size_t size, const char *text)
{
    return (size_t)snprintf(room, size, "%s", text) < size ? 0 : ENAMETOOLONG;
}

int mcp_account(const char *name, uid_t uid, struct mcp_account *account)
{
    struct passwd entry, *found = NULL;
    char *buffer = malloc(LARGEST_ENTRY);
    if (buffer == NULL)
        return ENOMEM;
    int error = name != NULL ? getpwnam_r(name, &entry, buffer, LARGEST_ENTRY, &found)
                             : getpwuid_r(uid, &entry, buffer, LARGEST_ENTRY, &found);
    if (error == 0 && found == NULL)
        error = ENOENT;
    if (error == 0) {
        account->uid = entry.pw_uid;
        account->gid = entry.pw_gid;
        error = copy(account->name, sizeof account->name, entry.pw_name);
    }
    if (error == 0)
        error = copy(account->home, sizeof account->home, entry.pw_dir);
    if (error == 0)
        error = copy(account->shell, sizeof account->shell, entry.pw_shell);
    free(buffer);
    return error;
}

int mcp_groups(const char *name, gid_t primary, gid_t *groups, int *count)
{
    return getgrouplist(name, primary, groups, count) < 0 ? E2BIG : 0;
}

int mcp_group(const char *name, gid_t *gid)
{
    struct group entry, *found = NULL;
    char *buffer = malloc(LARGEST_ENTRY);
    if (buffer == NULL)
        return ENOMEM;
    int error = getgrnam_r(name, &entry, buffer, LARGEST_ENTRY, &found);
    if (error == 0 && found == NULL)
        error = ENOENT;
    if (error == 0)
        *gid = entry.gr_gid;
    free(buffer);
    return error;
}

int mcp_look_at(const char *path, struct mcp_entry *entry)
{
    struct stat status;
    if (lstat(path, &status) < 0)
        return errno;
    *entry = (struct mcp_entry){
        .mode = status.st_mode,
        .inode = status.st_ino,
        .size = status.st_size,
        .modified_seconds = status.st_mtim.tv_sec,
        .modified_nanoseconds = status.st_mtim.tv_nsec,
        .changed_seconds = status.st_ctim.tv_sec,
        .changed_nanoseconds = status.st_ctim.tv_nsec,
    };
    return 0;
}
