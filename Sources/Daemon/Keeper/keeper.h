/*
 * mc-keeper: the one process that stands between the daemon and a run of a workload, or an errand beside one (errand.c).
 *
 * It is C, static and small because there is one for each running workload, and because what it does (fork, subreaper,
 * tee, pidfd) is the kernel's interface. It owns three things, so that the daemon may die or be replaced at any time:
 *   the process tree  it is the parent and the subreaper, so it knows every descendant and no pid can be mistaken;
 *   the log           it moves what the workload prints from a FIFO to the log file and rotates that;
 *   the exit record   a small file that says how the run ended, for a daemon that was not there.
 *
 * See docs/workloads.md for what this protects from, and protocol.c for what it says to the daemon.
 */
#ifndef MCK_KEEPER_H
#define MCK_KEEPER_H

#include "../../Shared/CProcess/become.h"
#include "../../Shared/CProcess/include/CProcess.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define MCK_PROTOCOL 2
#define MCK_CONTROL_FD 3
/* Locked from before we were started until nothing of the run is left: whoever finds it locked knows that a keeper is at
   work, even one that has not said a word yet. */
#define MCK_LOCK_FD 4
#define MCK_MAX_SPEC_BYTES (4u << 20)
#define MCK_MAX_COMMAND_BYTES 256

/* What is to be run; pointers point into one block that lives as long as the process. */
struct mck_spec {
    const char *generation; /* opaque to us, told back to the daemon */
    const char *run_id;     /* in the environment of the workload, to recognise what it leaves behind */
    const char *directory;  /* our working directory: fifo, sock, record */
    const char *log_path;
    struct mcp_context context; /* what its processes get */
    uint64_t log_max_bytes;
    int log_keep;
    int log_wait_ms; /* how long the output of a workload that has ended waits for the disk */
    int stop_signal;
    int stop_timeout_ms;
    pid_t adopt_pid;      /* 0, or a workload whose keeper died */
    uint64_t adopt_start; /* its start time, in clock ticks since boot */
    const char *cgroup;   /* empty, or the folder of a control group (v2) for this run alone */
    int errand_ms;        /* 0, or the time limit of an errand, which has neither folder nor log */
};

enum mck_ending { MCK_EXIT, MCK_SIGNAL, MCK_UNKNOWN };

/* How the leader ended, and what is to be said about the end beside that. */
struct mck_outcome {
    enum mck_ending kind;
    int code; /* exit status or signal */
    int64_t at_ms;
    int left;      /* processes that it left behind when it ended by itself */
    uint64_t lost; /* bytes of its output that the disk did not take in time */
    int log_error; /* why */
};

/* protocol.c */
bool mck_read_spec(int fd, struct mck_spec *spec);
int mck_open_listener(void);
int mck_accept(int listener);
bool mck_tell(int fd, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool mck_tell_end(int fd, const struct mck_outcome *outcome);
/* Something failed that is no reason to give up: it is told to the daemon, each kind once. */
void mck_note_trouble(const char *what, int error);
/* `all`: to one that has just come. */
bool mck_tell_troubles(int fd, bool all);

/* launch.c */
struct mck_failure {
    const char *step;
    int error;
};
/* Its output goes to `sink`. Returns when the program runs, or with -1 when it can't. */
pid_t mck_launch(const struct mck_spec *spec, const char *sink, struct mck_failure *failure);
/* The same in two steps: `report` tells whether it failed, at the latest when the process has ended. */
pid_t mck_launch_begin(const struct mck_spec *spec, const char *sink, int *report, struct mck_failure *failure);
bool mck_launch_failed(int report, struct mck_failure *failure);

/* errand.c */
int mck_run_errand(struct mck_spec *spec, int signals);

/* log.c */
struct mck_log {
    const char *path;
    int fd;
    int peek[2];   /* a pipe for a copy of what is being written; the FIFO has it until it is on the disk */
    uint64_t size; /* of the file when we last looked */
    uint64_t max_bytes;
    int keep;
    uint64_t base;  /* bytes that were ever rotated away */
    int last_error; /* errno of the last failed write, 0 when writing works */
};
bool mck_log_open(struct mck_log *log, const struct mck_spec *spec);
/* Whether the file we have is the one that people see under its path, or could be made so. */
bool mck_log_look(struct mck_log *log);
/* Moves what there is; returns bytes moved, 0 when the FIFO is empty, -1 when the disk refuses. */
ssize_t mck_log_pump(struct mck_log *log, int fifo);
/* rotation.c */
bool mck_log_rotate(const struct mck_log *log);
void mck_log_prune(const struct mck_log *log);

/* tree.c: everything that a run left alive */
struct mck_tree {
    int count;
    uint64_t mark;    /* another one where other processes were found */
    bool is_complete; /* all could be looked at, and each of them got the signal */
};
/* Signals every descendant of ours, or every process that carries run_id where we adopted it.
   `spared`: 0, or a process group that has had the signal. `handle`: NULL, or where a pidfd of one of them goes, or -1. */
struct mck_tree mck_tree_signal(const struct mck_spec *spec, int signal, pid_t spared, int *handle);

/* rounds.c: killing until nothing is left */
struct mck_rounds {
    int64_t since; /* 0: not begun */
    int64_t pause;
    struct mck_tree last;
    bool changed; /* a process of the tree has ended since the last round */
};
/* Kills what there is, and returns when to do so again: 0 is not before something has ended, since nothing else can change
   any more. `handle` as above. */
int64_t mck_kill_round(struct mck_rounds *rounds, const struct mck_spec *spec, int *handle);

/* cgroup.c: all do nothing where the run has no control group */
void mck_cgroup_make(struct mck_spec *spec);
pid_t mck_cgroup_fork(const struct mck_spec *spec);
void mck_cgroup_kill(const struct mck_spec *spec);
bool mck_cgroup_is_empty(const struct mck_spec *spec);
void mck_cgroup_remove(const struct mck_spec *spec);

/* record.c */
/* `outcome` is NULL while it runs. False and errno where it is not on the disk. */
bool mck_write_record(const struct mck_spec *spec, pid_t pid, uint64_t start, const struct mck_outcome *outcome);
/* A small file in our folder, replaced as a whole: whoever reads it sees the old one or the new one. */
bool mck_replace_file(const char *name, const char *text, size_t size);
const char *mck_kind_name(enum mck_ending kind);
int64_t mck_wall_ms(void);
int64_t mck_now_ms(void); /* monotonic: never jumps */

#endif
