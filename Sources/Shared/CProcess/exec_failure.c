/*
 * Why a program that is there can't be executed: the kernel says "no such file" of a script whose interpreter is
 * missing, and of a binary whose loader is. This looks at the file as the kernel does, with the rights of the workload.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "become.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The kernel looks at no more of a script; an interpreter may itself be a script, as often as this. */
enum { LONGEST_FIRST_LINE = 256, MOST_INTERPRETERS = 5 };

/* The path of the loader of an ELF program, with its final NUL; false where it has none. */
static bool read_loader(int fd, const unsigned char *head, char *path, size_t room)
{
    bool is_wide = head[EI_CLASS] == ELFCLASS64;
    Elf64_Ehdr wide;
    Elf32_Ehdr narrow;
    memcpy(&wide, head, sizeof wide);
    memcpy(&narrow, head, sizeof narrow);
    uint64_t table = is_wide ? wide.e_phoff : narrow.e_phoff;
    int count = is_wide ? wide.e_phnum : narrow.e_phnum;
    int size = is_wide ? wide.e_phentsize : narrow.e_phentsize;
    for (int i = 0; i < count && i < 64; i++) {
        union {
            Elf64_Phdr wide;
            Elf32_Phdr narrow;
        } entry;
        memset(&entry, 0, sizeof entry);
        if (pread(fd, &entry, sizeof entry, (off_t)(table + (uint64_t)i * (uint64_t)size)) <= 0)
            return false;
        if (entry.wide.p_type != PT_INTERP) /* the first field of both */
            continue;
        uint64_t offset = is_wide ? entry.wide.p_offset : entry.narrow.p_offset;
        ssize_t got = pread(fd, path, room - 1, (off_t)offset);
        if (got <= 0)
            return false;
        path[got] = '\0';
        return true;
    }
    return false;
}

/* The step is a word of the keeper's protocol: nothing that is no letter of a path may come into it. */
static const char *name_step(const char *kind, const char *path)
{
    static char step[LONGEST_FIRST_LINE + 32];
    snprintf(step, sizeof step, "%s:%s", kind, path);
    for (char *c = step; *c != '\0'; c++)
        if (*c <= ' ' || *c == 0x7f)
            *c = '?';
    return step;
}

/* What a script names in its first line, or NULL. */
static const char *interpreter_in(char *text)
{
    if (strncmp(text, "#!", 2) != 0)
        return NULL;
    text[strcspn(text, "\n")] = '\0';
    char *path = text + 2 + strspn(text + 2, " \t");
    path[strcspn(path, " \t")] = '\0';
    return *path != '\0' ? path : NULL;
}

const char *mcp_explain_exec(const char *path, int *error)
{
    static char text[LONGEST_FIRST_LINE];
    for (int i = 0; i < MOST_INTERPRETERS && access(path, X_OK) == 0; i++) {
        int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        if (fd < 0)
            return "exec";
        memset(text, 0, sizeof text);
        ssize_t size = read(fd, text, sizeof text - 1);
        char loader[LONGEST_FIRST_LINE];
        bool is_elf = size >= (ssize_t)sizeof(Elf64_Ehdr) && memcmp(text, ELFMAG, SELFMAG) == 0;
        bool has_loader = is_elf && read_loader(fd, (const unsigned char *)text, loader, sizeof loader);
        close(fd);
        if (is_elf && *error == ENOEXEC)
            return "machine";
        if (has_loader && access(loader, F_OK) < 0) {
            *error = errno;
            return name_step("loader", loader);
        }
        if (strncmp(text, "\xEF\xBB\xBF#!", 5) == 0)
            return "byte-order-mark";
        const char *interpreter = interpreter_in(text);
        if (interpreter == NULL)
            return "exec";
        if (interpreter[strlen(interpreter) - 1] == '\r')
            return "carriage-return";
        if (access(interpreter, X_OK) < 0) {
            *error = errno;
            return name_step("interpreter", interpreter);
        }
        static char next[LONGEST_FIRST_LINE];
        snprintf(next, sizeof next, "%s", interpreter);
        path = next;
    }
    return "exec";
}
