#include <zlib.h>

// zlib's initialiser is a macro, which Swift cannot import. 15 + 16: the largest window, gzip framing with its checks.
static inline int iris_inflate_gzip_init(z_stream *stream) { return inflateInit2(stream, 15 + 16); }
