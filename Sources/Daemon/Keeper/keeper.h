/*
 * mc-keeper: the one process that stands between the daemon and a run of a workload, or an errand beside one (errand.c).
 *
 * It is C, static and small because there is one for each running workload, and because what it does (fork, subreaper,
 * splice, pidfd) is the kernel's interface. It owns three things, so that the daemon may die or be replaced at any time:
 *   the process tree  it is the parent and the subreaper, so it knows every descendant and no pid can be mistaken;
 *   the log           it moves what the workload prints from a FIFO to the log file and rotates that;
 *   the exit record   a small file that says how the run ended, for a daemon that was not there.
 *
 * See docs/workloads.md for what this protects from, and protocol.c for what it says to the daemon.
 */
#ifndef MC_KEEPER_H
#define MC_KEEPER_H

#include "../../Shared/CProcess/become.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define KEEPER_PROTOCOL 1
#define CONTROL_FD 3
/* Locked from before we were started until nothing of the run is left: whoever finds it locked knows that a keeper is at
   work, even one that has not said a word yet. */
#define LOCK_FD 4
#define MAX_SPEC_BYTES (4u << 20)
#define MAX_COMMAND_BYTES 256

/* What is to be run; pointers point into one block that lives as long as the process. */
struct spec {
    const char *generation;  /* opaque to us, told back to the daemon */
    const char *run_id;      /* in the environment of the workload, to recognise what it leaves behind */
    const char *directory;   /* our working directory: fifo, sock, record */
    const char *log_path;
    struct mc_context context; /* what its processes get */
    uint64_t log_max_bytes;
    int log_keep;
    int stop_signal;
    int stop_timeout_ms;
    pid_t adopt_pid;         /* 0, or a workload whose keeper died */
    uint64_t adopt_start;    /* its start time, in clock ticks since boot */
    const char *cgroup;      /* empty, or the folder of a control group (v2) for this run alone */
    int errand_ms;           /* 0, or the time limit of an errand, which has neither folder nor log */
};

enum ending { ENDED_EXIT, ENDED_SIGNAL, ENDED_UNKNOWN };

/* How the leader ended. */
struct outcome {
    enum ending kind;
    int code; /* exit status or signal */
    int64_t at_ms;
};

/* protocol.c */
bool read_spec(int fd, struct spec *spec);
int open_control_listener(void);
int accept_control(int listener);
bool tell(int fd, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* launch.c */
struct launch_failure {
    const char *step;
    int error;
};
/* Its output goes to `sink`. Returns when the program runs, or with -1 when it can't. */
pid_t launch(const struct spec *spec, const char *sink, struct launch_failure *failure);
/* The same in two steps: `report` tells whether it failed, at the latest when the process has ended. */
pid_t launch_begin(const struct spec *spec, const char *sink, int *report, struct launch_failure *failure);
bool launch_failed(int report, struct launch_failure *failure);

/* errand.c */
int run_errand(struct spec *spec, int signals);

/* log.c */
struct workload_log {
    const char *path;
    int fd;
    uint64_t size;
    uint64_t max_bytes;
    int keep;
    uint64_t base; /* bytes that were ever rotated away */
    bool no_splice;
    int last_error; /* errno of the last failed write, 0 when writing works */
};
bool log_open(struct workload_log *log, const struct spec *spec);
/* Moves what there is; returns bytes moved, 0 when the FIFO is empty, -1 when the disk refuses. */
ssize_t log_pump(struct workload_log *log, int fifo);

/* tree.c */
/* Signals every descendant of ours, or every process that carries run_id where we adopted it.
   Returns how many there are. */
int tree_signal(const struct spec *spec, int signal);

/* cgroup.c: all do nothing where the run has no control group */
void cgroup_make(struct spec *spec);
pid_t cgroup_fork(const struct spec *spec);
void cgroup_kill(const struct spec *spec);
bool cgroup_is_empty(const struct spec *spec);
void cgroup_remove(const struct spec *spec);

/* record.c */
bool record_running(const struct spec *spec, pid_t pid, uint64_t start);
bool record_ended(const struct spec *spec, pid_t pid, uint64_t start, const struct outcome *outcome);
uint64_t process_start(pid_t pid);
int64_t now_ms(void);       /* wall clock */
int64_t monotonic_ms(void); /* never jumps */

#endif
