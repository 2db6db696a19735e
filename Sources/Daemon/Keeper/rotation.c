/* The older files of a log: `x.log.1`, which is the youngest, up to `x.log.KEEP`. */
#include "keeper.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A number beyond that is no number of ours, but a date for example that somebody else's rotation uses. */
#define HIGHEST_NUMBER 1000

/* The present file is moved away; the next one is made by whoever writes. */
bool mck_log_rotate(const struct mck_log *log)
{
    if (log->keep == 0)
        return unlink(log->path) == 0 || errno == ENOENT;
    for (int number = log->keep; number >= 1; number--) {
        char from[4200], to[4200];
        snprintf(to, sizeof to, "%s.%d", log->path, number);
        if (number == 1)
            snprintf(from, sizeof from, "%s", log->path);
        else
            snprintf(from, sizeof from, "%s.%d", log->path, number - 1);
        if (rename(from, to) < 0 && errno != ENOENT)
            return false;
    }
    return true;
}

/* 0 where the name is not that of an older file of the log. */
static int number_of(const char *entry, const char *name)
{
    size_t length = strlen(name);
    if (strncmp(entry, name, length) != 0 || entry[length] != '.')
        return 0;
    const char *digits = entry + length + 1;
    if (*digits < '1' || *digits > '9' || strlen(digits) > 4 || digits[strspn(digits, "0123456789")] != '\0')
        return 0;
    return atoi(digits);
}

/* Removes those beyond what is to be kept: it may have been more before. */
void mck_log_prune(const struct mck_log *log)
{
    char path[4200];
    snprintf(path, sizeof path, "%s", log->path);
    char *slash = strrchr(path, '/');
    if (slash == NULL)
        return;
    const char *name = slash + 1;
    *slash = '\0';
    DIR *folder = opendir(slash == path ? "/" : path);
    if (folder == NULL) {
        mck_note_trouble("log-prune", errno);
        return;
    }
    struct dirent *entry;
    while ((entry = readdir(folder)) != NULL) {
        int number = number_of(entry->d_name, name);
        if (number > log->keep && number <= HIGHEST_NUMBER && unlinkat(dirfd(folder), entry->d_name, 0) < 0
            && errno != ENOENT)
            mck_note_trouble("log-prune", errno);
    }
    closedir(folder);
}
