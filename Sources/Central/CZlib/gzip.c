// C because zlib's deflateInit2 is a macro, which Swift does not see.
#include "CZlib.h"

#include <limits.h>
#include <string.h>
#include <zlib.h>

static const int gzip_window = 15 + 16;

// Header and trailer of gzip on top of what deflate may need.
size_t mcz_gzip_bound(size_t length) { return compressBound(length) + 32; }

size_t mcz_gzip(const unsigned char *from, size_t length, unsigned char *to, size_t room, int level)
{
    z_stream stream;
    memset(&stream, 0, sizeof stream);
    if (length > UINT_MAX || room > UINT_MAX)
        return 0;
    if (deflateInit2(&stream, level, Z_DEFLATED, gzip_window, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return 0;
    stream.next_in = (unsigned char *)from;
    stream.avail_in = (unsigned)length;
    stream.next_out = to;
    stream.avail_out = (unsigned)room;
    int result = deflate(&stream, Z_FINISH);
    size_t written = stream.total_out;
    deflateEnd(&stream);
    return result == Z_STREAM_END ? written : 0;
}
