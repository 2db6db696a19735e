/*
 * On what terms a process of a workload begins its life: as whom, where, with which variables and within which limits.
 *
 * There is one place that knows, for all of them: the keeper is compiled with these files (runs, and the short programs
 * beside them, such as probes), and so is the daemon's own program (`run NAME`, in place of itself). What a process gets
 * comes as fields, see mcp_read_context; the daemon writes them in one place too (ExecutionContext).
 */
#ifndef MCP_BECOME_H
#define MCP_BECOME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* NUL-terminated `key=value` fields, one behind the other. */
struct mcp_fields {
    char *block;
    size_t size;
};

enum { MCP_LIMITS = 4 };

struct mcp_context {
    const char *working_dir;
    const char *env_file; /* NULL: none */
    char **argv;
    char **env;     /* variables that the file may override */
    char **own_env; /* and those that it may not */
    bool change_user;
    uid_t uid;
    gid_t gid;
    gid_t *groups;
    int group_count;
    bool drop_capabilities; /* for good: out of the bounding set too */
    bool new_privileges;    /* whether setuid programs and the like go on giving some */
    bool has_umask;
    mode_t umask;
    bool has_nice;
    int nice;
    uint64_t memory_limit_bytes; /* 0: none */
    uint64_t file_limit; /* soft limit of open files that the daemon had before it raised its own; 0: as it is */
    uint64_t limits[MCP_LIMITS]; /* see become.c; RLIM_INFINITY: as it is */
    pid_t parent;                /* 0, or the process without which it is to end at once */
};

const char *mcp_field(const struct mcp_fields *fields, const char *key, const char *otherwise);
/* The values of one key, in order, with a final NULL; NULL where there is no memory. */
char **mcp_collect(const struct mcp_fields *fields, const char *key, int *count);
/* A number that is 0 where the field is not there. What is no number, or more than `most`, clears `valid`. */
uint64_t mcp_number(const struct mcp_fields *fields, const char *key, uint64_t most, bool *valid);

/* The pointers lead into the fields. False where a field is damaged: nothing is begun on terms that are not known. */
bool mcp_read_context(const struct mcp_fields *fields, struct mcp_context *context);

/* Turns this process into the program. Returns only where that is not possible: the step that failed, and its errno. */
const char *mcp_become(const struct mcp_context *context, int *error);

/* Adds the variables of the file to those of the context. NULL, or the step that failed: "env-file" and an errno, or
   "env-line" and the number of a line that can't be read. */
const char *mcp_read_env_file(const struct mcp_context *context, char ***env, int *error);

/* Looks for the reason why the program at `path` could not be executed, `error` being the errno that was said. Returns a
   step: "exec" where there is no better word for it, "carriage-return", "byte-order-mark", "machine", or
   "interpreter:PATH" and "loader:PATH", with the errno that goes with it. */
const char *mcp_explain_exec(const char *path, int *error);

#endif
