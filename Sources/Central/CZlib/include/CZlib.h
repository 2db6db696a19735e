#ifndef CZLIB_H
#define CZLIB_H

#include <stddef.h>

/// Bytes that `mcz_gzip` may need for that many.
size_t mcz_gzip_bound(size_t length);

/// Compresses as gzip. Returns the number of bytes written, or 0 where it can't be done.
size_t mcz_gzip(const unsigned char *from, size_t length, unsigned char *to, size_t room, int level);

#endif
