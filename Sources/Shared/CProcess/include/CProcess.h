/*
 * System calls that Swift cannot make well: posix_spawn with closed descriptors (a variadic and macro-ridden corner of
 * libc), paths longer than sun_path, and a look at all of /proc that must be cheap because it happens every heartbeat.
 */
#ifndef C_PROCESS_H
#define C_PROCESS_H

#include <spawn.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Starts `path NAME` with `control` as descriptor 3, `lock` (-1: the null device) as 4, null devices as 0 to 2, its own
   session, no other descriptor and no variable. Returns 0 or an errno. */
int mcp_spawn_keeper(const char *path, const char *name, int control, int lock, pid_t *pid);

/* Turns this process into a program on the terms that stand in the NUL-terminated fields of the block, as a keeper would
   do it (become.h). Returns only where that fails: the name of the step, and its errno. */
const char *mcp_become_described(char *block, size_t size, int *error);

/* What is spawned with these actions begins in `directory` (NULL: in ours) and has none of our descriptors but 0 to 2: a
   server's sockets are not all closed on exec, and a child that held them would keep its port. Returns 0 or an errno. */
int mcp_spawn_apart(posix_spawn_file_actions_t *actions, const char *directory);

/* Connects to the Unix socket `name` in `directory`, however long that path is. Returns a descriptor or -errno. */
int mcp_connect_in(const char *directory, const char *name);

/* A connected pair of stream sockets, close-on-exec. Returns 0 or an errno. */
int mcp_socket_pair(int pair[2]);

/* Opens and locks a file for as long as the descriptor lives. Returns a descriptor or -errno (EWOULDBLOCK: held). */
int mcp_lock(const char *path);

/* A descriptor that can be read once the process has ended, whoever's child it is. Returns it or -errno. */
int mcp_watch(pid_t pid);

/* Reaps a child that has ended. Returns 1 if it was reaped or is no child of ours, 0 if it still lives. */
int mcp_reap(pid_t pid);

/* What the kernel says of a process in /proc/PID/stat; proc.c is the one place that reads that line. */
struct mcp_process_info {
    pid_t pid;
    pid_t parent;
    pid_t group;
    char state;         /* 'Z': it has ended, and its parent has not asked how */
    uint64_t cpu_ticks; /* user and system, with the children it waited for */
    uint64_t rss_pages;
    uint64_t start_ticks; /* since boot */
};

/* Fills in up to `room` processes; returns how many there are, which may be more. 0: /proc can't be read. */
size_t mcp_processes(struct mcp_process_info *processes, size_t room);

/* The same for one process. Returns 1 if there is such a process. */
int mcp_process(pid_t pid, struct mcp_process_info *process);

/* Total and available bytes of the file system that holds `path`. Returns 0 or an errno. */
int mcp_disk(const char *path, uint64_t *total, uint64_t *available);

/* Whether the folder of a control group was handed to us to divide. */
int mcp_is_delegated(const char *path);

/* An entry of a folder as lstat tells of it; times since 1970. In Swift, `struct stat` comes from whichever module brings
   it along first, and in a build of whole modules that is one whose fields may not be used. */
struct mcp_entry {
    uint32_t mode;
    uint64_t inode;
    int64_t size;
    int64_t modified_seconds, modified_nanoseconds;
    int64_t changed_seconds, changed_nanoseconds;
};

/* Of the link itself where it is one. Returns 0 or an errno. */
int mcp_look_at(const char *path, struct mcp_entry *entry);

/* A user of this host. */
struct mcp_account {
    uid_t uid;
    gid_t gid;
    char name[256];
    char home[4096];
    char shell[4096];
};

/* Looks a user up by name, or by number where the name is NULL. Returns 0, ENOENT where there is none, or an errno. */
int mcp_account(const char *name, uid_t uid, struct mcp_account *account);

/* The groups of a user, `primary` among them. `count` is the room, and then how many there are. Returns 0 or an errno. */
int mcp_groups(const char *name, gid_t primary, gid_t *groups, int *count);

/* Looks a group up by name. Returns 0, ENOENT where there is none, or an errno. */
int mcp_group(const char *name, gid_t *gid);

/* A timer of a clock that goes on while the host sleeps. Returns a descriptor, readable when the time has come, or
   -errno. */
int mcp_alarm_open(void);

/* Each setting replaces the one before; below zero: never. Returns 0 or an errno. */
int mcp_alarm_set(int alarm, int64_t nanoseconds);

/* A descriptor that is readable once the wall clock was set, or the host has slept; or -errno. */
int mcp_clock_watch_open(void);

/* Reads an alarm or a clock watch, and makes that ready for the next time. Returns 1 where it has rung, else 0. */
int mcp_timer_read(int timer);

/* A descriptor that is readable when something in the directory was made, removed, renamed or written; or -errno. */
int mcp_name_watch_open(const char *directory);

/* Reads all that has happened. Returns 1 where that was to the file of this name. */
int mcp_name_watch_read(int watch, const char *name);

#endif
