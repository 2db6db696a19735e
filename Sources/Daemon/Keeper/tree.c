/*
 * Everything that a run left alive.
 *
 * As the subreaper we inherit each orphan of the workload, so its tree is exactly our descendants, however often they
 * forked and whatever session they made. We have not waited for them, so none of their pids can have been reused.
 * Where we adopted a workload whose keeper was killed, the tree is what carries the run's id in its environment; there
 * each process is held by a pidfd between the look and the signal.
 */
#include "keeper.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static void count(struct mck_tree *tree, pid_t pid, uint64_t start)
{
    tree->count++;
    tree->mark += (start + 1) * 0x9E3779B97F4A7C15u ^ (uint64_t)pid * 0xC2B2AE3D27D4EB4Fu;
}

/* All processes. Kernels differ in whether they list children (CONFIG_PROC_CHILDREN); this works with each of them, and
   is only needed where something was left behind. */
static struct mcp_process_info *look_at_all(size_t *found)
{
    for (size_t room = 512;; room = *found + 64) {
        struct mcp_process_info *all = calloc(room, sizeof *all);
        if (all == NULL)
            return NULL;
        *found = mcp_processes(all, room);
        if (*found > 0 && *found <= room)
            return all;
        free(all);
        if (*found == 0) {
            errno = EIO;
            return NULL;
        }
    }
}

/* Moves the descendants of ours to the front, and returns how many they are. */
static size_t gather(struct mcp_process_info *all, size_t found)
{
    size_t ours = 0;
    pid_t parent = getpid();
    for (size_t next = 0;; next++) {
        for (size_t i = ours; i < found; i++)
            if (all[i].parent == parent) {
                struct mcp_process_info child = all[i];
                all[i] = all[ours];
                all[ours++] = child;
            }
        if (next == ours)
            return ours;
        parent = all[next].pid;
    }
}

static struct mck_tree signal_descendants(int signal, pid_t spared)
{
    struct mck_tree tree = {.is_complete = true};
    size_t found = 0;
    struct mcp_process_info *all = look_at_all(&found);
    if (all == NULL) {
        mck_note_trouble("proc", errno);
        tree.is_complete = false;
        return tree;
    }
    size_t ours = gather(all, found);
    for (size_t i = 0; i < ours; i++) {
        if (all[i].state == 'Z')
            continue;
        count(&tree, all[i].pid, all[i].start_ticks);
        if (signal == 0 || (spared > 0 && all[i].group == spared) || kill(all[i].pid, signal) == 0 || errno == ESRCH)
            continue;
        mck_note_trouble("signal", errno);
        tree.is_complete = false;
    }
    free(all);
    return tree;
}

static bool carries(pid_t pid, const char *run_id)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/environ", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    static char text[128 << 10];
    size_t size = 0;
    ssize_t got;
    while (size < sizeof text - 1 && (got = read(fd, text + size, sizeof text - 1 - size)) > 0)
        size += (size_t)got;
    close(fd);
    text[size] = '\0';
    static const char key[] = "MCTL_RUN_ID=";
    for (char *field = text; field < text + size; field += strlen(field) + 1)
        if (strncmp(field, key, sizeof key - 1) == 0)
            return strcmp(field + sizeof key - 1, run_id) == 0;
    return false;
}

/* Returns a pidfd of it, or -1 where it is not of the run, or not any more. */
static int signal_one_marked(const struct mck_spec *spec, pid_t pid, int signal, struct mck_tree *tree)
{
    if (pid <= 1 || pid == getpid() || !carries(pid, spec->run_id))
        return -1;
    int handle = (int)syscall(SYS_pidfd_open, pid, 0);
    if (handle < 0) {
        if (errno != ESRCH) {
            mck_note_trouble("pidfd", errno);
            tree->is_complete = false;
        }
        return -1;
    }
    if (!carries(pid, spec->run_id)) { /* still the same one, now that its pid is held? */
        close(handle);
        return -1;
    }
    count(tree, pid, 0);
    if (signal != 0 && syscall(SYS_pidfd_send_signal, handle, signal, NULL, 0) < 0 && errno != ESRCH) {
        mck_note_trouble("signal", errno);
        tree->is_complete = false;
    }
    return handle;
}

static struct mck_tree signal_marked(const struct mck_spec *spec, int signal, int *handle)
{
    struct mck_tree tree = {.is_complete = true};
    DIR *processes = opendir("/proc");
    if (processes == NULL) {
        mck_note_trouble("proc", errno);
        tree.is_complete = false;
        return tree;
    }
    struct dirent *entry;
    while ((entry = readdir(processes)) != NULL) {
        int one = signal_one_marked(spec, (pid_t)atoi(entry->d_name), signal, &tree);
        if (one >= 0 && handle != NULL && *handle < 0)
            *handle = one;
        else if (one >= 0)
            close(one);
    }
    closedir(processes);
    return tree;
}

struct mck_tree mck_tree_signal(const struct mck_spec *spec, int signal, pid_t spared, int *handle)
{
    if (handle != NULL)
        *handle = -1;
    return spec->adopt_pid > 0 ? signal_marked(spec, signal, handle) : signal_descendants(signal, spared);
}
