/* Processes as /proc tells of them. The keeper is compiled with this file too. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "include/CProcess.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The line has many fields behind those that are read here, and never as many as this. */
enum { LONGEST_STAT = 1024 };

static int parse_stat(const char *text, struct mcp_process_info *process)
{
    const char *next = strrchr(text, ')'); /* the name before it may hold anything */
    if (next == NULL || strlen(next) < 4)
        return 0;
    process->state = next[2];
    next += 4; /* over the bracket, a blank, the state and a blank: field 4 comes next */
    process->cpu_ticks = 0;
    for (int field = 4; field <= 24; field++) {
        char *end;
        uint64_t value = strtoull(next, &end, 10);
        if (end == next)
            return 0;
        next = end;
        if (field == 4)
            process->parent = (pid_t)value;
        else if (field == 5)
            process->group = (pid_t)value;
        else if (field >= 14 && field <= 17)
            process->cpu_ticks += value;
        else if (field == 22)
            process->start_ticks = value;
        else if (field == 24)
            process->rss_pages = value;
    }
    return 1;
}

/* `name` is its number, as the folder of all processes has it. */
static int read_process(int folder, const char *name, struct mcp_process_info *process)
{
    char path[32], text[LONGEST_STAT];
    snprintf(path, sizeof path, "%.16s/stat", name);
    int fd = openat(folder, path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    ssize_t size = read(fd, text, sizeof text - 1);
    close(fd);
    if (size <= 0)
        return 0;
    text[size] = '\0';
    process->pid = (pid_t)atoi(name);
    return parse_stat(text, process);
}

size_t mcp_processes(struct mcp_process_info *processes, size_t room)
{
    DIR *folder = opendir("/proc");
    if (folder == NULL)
        return 0;
    size_t count = 0;
    struct dirent *entry;
    while ((entry = readdir(folder)) != NULL) {
        struct mcp_process_info process;
        if (entry->d_name[0] < '1' || entry->d_name[0] > '9' || !read_process(dirfd(folder), entry->d_name, &process))
            continue;
        if (count < room)
            processes[count] = process;
        count++;
    }
    closedir(folder);
    return count;
}

int mcp_process(pid_t pid, struct mcp_process_info *process)
{
    int folder = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return 0;
    char name[16];
    snprintf(name, sizeof name, "%d", (int)pid);
    int found = read_process(folder, name, process);
    close(folder);
    return found;
}
