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
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

struct relation {
    pid_t pid, parent;
    bool ours;
};

static pid_t parent_of(pid_t pid)
{
    char path[64], text[512];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    ssize_t size = read(fd, text, sizeof text - 1);
    close(fd);
    text[size > 0 ? size : 0] = '\0';
    char *after_name = strrchr(text, ')');
    int parent;
    return after_name != NULL && sscanf(after_name + 1, " %*c %d", &parent) == 1 ? parent : -1;
}

/* All processes and their parents. Kernels differ in whether they list children (CONFIG_PROC_CHILDREN); this works
   with each of them, and is only needed where something was left behind. */
static struct relation *look_at_all(size_t *count)
{
    struct relation *all = NULL;
    size_t room = 0;
    *count = 0;
    DIR *processes = opendir("/proc");
    if (processes == NULL)
        return NULL;
    struct dirent *entry;
    while ((entry = readdir(processes)) != NULL) {
        pid_t pid = (pid_t)atoi(entry->d_name);
        pid_t parent = pid > 1 ? parent_of(pid) : -1;
        if (parent < 0)
            continue;
        if (*count == room) {
            size_t larger = room ? room * 2 : 256;
            struct relation *more = realloc(all, larger * sizeof *all);
            if (more == NULL)
                break;
            all = more;
            room = larger;
        }
        all[(*count)++] = (struct relation){pid, parent, parent == getpid()};
    }
    closedir(processes);
    return all;
}

static int signal_descendants(int signal)
{
    size_t count;
    struct relation *all = look_at_all(&count);
    for (bool grew = true; grew;) {
        grew = false;
        for (size_t parent = 0; parent < count; parent++)
            for (size_t child = 0; all[parent].ours && child < count; child++)
                if (!all[child].ours && all[child].parent == all[parent].pid)
                    grew = all[child].ours = true;
    }
    int found = 0;
    for (size_t i = 0; i < count; i++)
        if (all[i].ours) {
            kill(all[i].pid, signal);
            found++;
        }
    free(all);
    return found;
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

static int signal_marked(const struct spec *spec, int signal)
{
    DIR *processes = opendir("/proc");
    if (processes == NULL)
        return 0;
    int count = 0;
    struct dirent *entry;
    while ((entry = readdir(processes)) != NULL) {
        pid_t pid = (pid_t)atoi(entry->d_name);
        if (pid <= 1 || pid == getpid() || !carries(pid, spec->run_id))
            continue;
        int handle = (int)syscall(SYS_pidfd_open, pid, 0);
        if (handle < 0)
            continue;
        if (carries(pid, spec->run_id)) { /* still the same one, now that its pid is held */
            if (signal != 0)
                syscall(SYS_pidfd_send_signal, handle, signal, NULL, 0);
            count += 1;
        }
        close(handle);
    }
    closedir(processes);
    return count;
}

int tree_signal(const struct spec *spec, int signal)
{
    return spec->adopt_pid > 0 ? signal_marked(spec, signal) : signal_descendants(signal);
}
