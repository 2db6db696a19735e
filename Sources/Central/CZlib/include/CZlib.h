#ifndef CZLIB_H
#define CZLIB_H

#include <stddef.h>

/// Bytes that `mctl_gzip` may need for that many.
size_t mctl_gzip_bound(size_t length);

/// Compresses as gzip. Returns the number of bytes written, or 0 where it can't be done.
size_t mctl_gzip(const unsigned char *from, size_t length, unsigned char *to, size_t room, int level);

#endif
