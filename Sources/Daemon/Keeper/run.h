/* A run from its first process to the end of what is left of it. */
#ifndef MCK_RUN_H
#define MCK_RUN_H

#include "keeper.h"

enum mck_phase {
    MCK_RUNNING,  /* the leader lives and nobody asked it to end */
    MCK_STOPPING, /* its tree was told to end, because of a stop or because the leader has gone; killed at `deadline` */
    MCK_KILLING,  /* round after round until nothing is left */
    MCK_DRAINING, /* nothing is left; what it has printed waits for the disk, until `deadline` at most */
    MCK_ENDED     /* that is over too; waits for the daemon to say bye, or for the record to be on the disk */
};

struct mck_run {
    struct mck_spec spec;
    struct mck_log log;
    enum mck_phase phase;
    pid_t leader;
    uint64_t start;
    int64_t started_ms;
    bool leader_gone;
    bool heard;      /* no process of the tree is still to be told that it has to end */
    int stop_signal; /* what they are told */
    struct mck_outcome outcome;
    struct mck_rounds rounds;
    /* Monotonic; 0 is none. */
    int64_t deadline;
    int64_t disk_retry;
    int64_t record_retry;
    int64_t record_pause;
    bool told_stuck;
    bool told_log_error;
    bool is_released; /* the folder may belong to the next run */
    /* `pidfd` is of the leader, or of another one of an adopted tree, whose ends nobody tells us otherwise. */
    int control, listener, signals, fifo, pidfd;
    char command[MCK_MAX_COMMAND_BYTES];
    size_t command_size;
};

/* talk.c */
void mck_drop_control(struct mck_run *k);
/* Everything that a daemon which has just come has to know. */
void mck_introduce(struct mck_run *k);
void mck_accept_daemon(struct mck_run *k);
/* Returns false when the daemon has noted the end and we may go. */
bool mck_obey(struct mck_run *k);

/* stop.c */
void mck_begin_stop(struct mck_run *k, int signal, int timeout_ms);
void mck_begin_killing(struct mck_run *k);
/* After anything that may have ended a process: is the run over? */
void mck_look_at_tree(struct mck_run *k);
void mck_reap(struct mck_run *k);
void mck_leader_ended(struct mck_run *k, enum mck_ending kind, int code);
void mck_deadline_passed(struct mck_run *k);

/* finish.c */
/* Returns whether the FIFO is empty; otherwise there is more, or the disk refuses. */
bool mck_pump(struct mck_run *k);
void mck_begin_draining(struct mck_run *k);
void mck_finish(struct mck_run *k);
/* Writes the record of the present phase, and again later where the disk refuses. */
void mck_record(struct mck_run *k);
bool mck_is_done(const struct mck_run *k);

#endif
