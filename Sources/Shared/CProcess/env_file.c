/*
 * Variables from a file of `NAME=VALUE` lines. It is read by the process that gets them, when it is the workload's user
 * already: it can only hold what that user may read anyway, wherever a link in its path leads.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "become.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LONGEST = 64 << 10, MOST = 1000 };

/* Whoever could write to it would decide what is run as the user (LD_PRELOAD, PATH). */
static bool is_trusted(const struct stat *status)
{
    return (status->st_uid == geteuid() || status->st_uid == 0) && (status->st_mode & S_IWOTH) == 0;
}

/* The whole text with a final NUL, or NULL and errno. */
static char *read_text(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return NULL;
    struct stat status;
    char *text = NULL;
    size_t size = 0;
    int error = 0;
    if (fstat(fd, &status) < 0)
        error = errno;
    else if (!S_ISREG(status.st_mode))
        error = EINVAL;
    else if (!is_trusted(&status))
        error = EPERM;
    else if ((text = malloc(LONGEST + 2)) == NULL)
        error = ENOMEM;
    while (error == 0 && size <= LONGEST) {
        ssize_t got = read(fd, text + size, LONGEST + 1 - size);
        if (got == 0)
            break;
        if (got > 0)
            size += (size_t)got;
        else if (errno != EINTR)
            error = errno;
    }
    if (error == 0 && size > LONGEST)
        error = EFBIG;
    close(fd);
    if (error != 0) {
        free(text);
        errno = error;
        return NULL;
    }
    text[size] = '\0';
    if (memchr(text, '\0', size) != NULL) { /* what stands behind it would be left out without a word */
        free(text);
        errno = EILSEQ;
        return NULL;
    }
    return text;
}

static bool is_name(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        bool is_letter = (text[i] | 0x20) >= 'a' && (text[i] | 0x20) <= 'z';
        if (!is_letter && text[i] != '_' && (i == 0 || text[i] < '0' || text[i] > '9'))
            return false;
    }
    return size > 0;
}

/* Within one pair of quotes the value is what stands between them; nothing in it has a meaning of its own. */
static void unquote(char *value)
{
    size_t size = strlen(value);
    if (size >= 2 && (value[0] == '"' || value[0] == '\'') && value[size - 1] == value[0]) {
        memmove(value, value + 1, size - 2);
        value[size - 2] = '\0';
    }
}

static bool defines(const char *entry, const char *other)
{
    size_t length = strcspn(other, "=");
    return strncmp(entry, other, length) == 0 && entry[length] == '=';
}

/* The later one of a name takes the place of the earlier one. */
static void put(char **env, size_t *count, char *entry)
{
    for (size_t i = 0; i < *count; i++)
        if (defines(env[i], entry)) {
            env[i] = entry;
            return;
        }
    env[(*count)++] = entry;
}

static size_t length_of(char **list)
{
    size_t count = 0;
    while (list[count] != NULL)
        count++;
    return count;
}

/* Returns 0, or the number of the line that is none. */
static int put_lines(char *text, char **env, size_t *count)
{
    int number = 0, found = 0;
    char *next;
    for (char *line = text; line != NULL; line = next) {
        number++;
        next = strchr(line, '\n');
        if (next != NULL)
            *next++ = '\0';
        line += strspn(line, " \t");
        size_t size = strlen(line);
        while (size > 0 && strchr(" \t\r", line[size - 1]) != NULL)
            line[--size] = '\0';
        if (size == 0 || *line == '#')
            continue;
        char *equals = strchr(line, '=');
        if (equals == NULL || !is_name(line, (size_t)(equals - line)) || ++found > MOST)
            return number;
        unquote(equals + 1);
        put(env, count, line);
    }
    return 0;
}

const char *mcp_read_env_file(const struct mcp_context *context, char ***env, int *error)
{
    size_t count = 0;
    *env = calloc(length_of(context->env) + length_of(context->own_env) + MOST + 1, sizeof **env);
    char *text = NULL;
    if (*env == NULL || (context->env_file != NULL && (text = read_text(context->env_file)) == NULL)) {
        *error = errno;
        return "env-file";
    }
    for (char **entry = context->env; *entry != NULL; entry++)
        put(*env, &count, *entry);
    int wrong = text != NULL ? put_lines(text, *env, &count) : 0;
    if (wrong != 0) {
        *error = wrong;
        return "env-line";
    }
    for (char **entry = context->own_env; *entry != NULL; entry++)
        put(*env, &count, *entry);
    return NULL;
}
