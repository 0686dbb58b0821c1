#include "queryd/stream/stream_cursors.h"

#include <doctest/doctest.h>
#include <limits>

using evd::queryd::StreamCursors;

TEST_CASE("stream cursors: a database of the initial result goes on after what was covered") {
    StreamCursors cursors;
    cursors.noteInitial(1, 10, 55);
    CHECK(*cursors.afterId(1, 10) == 55);
    cursors.advance(1, 10, 60);
    CHECK(*cursors.afterId(1, 10) == 60);
}

TEST_CASE("stream cursors: a cursor never goes back") {
    StreamCursors cursors;
    cursors.noteInitial(1, 10, 55);
    cursors.advance(1, 10, 50);
    CHECK(*cursors.afterId(1, 10) == 55);
}

TEST_CASE("stream cursors: a new database is new from its first record") {
    StreamCursors cursors;
    CHECK(*cursors.afterId(1, 11) == std::numeric_limits<int64_t>::min());
    cursors.advance(1, 11, 3);
    CHECK(*cursors.afterId(1, 11) == 3);
}

TEST_CASE("stream cursors: one that could not be read at first begins at its end") {
    StreamCursors cursors;
    cursors.noteInitial(1, 10, std::nullopt);
    CHECK_FALSE(cursors.afterId(1, 10));
    cursors.advance(1, 10, 7);
    CHECK(*cursors.afterId(1, 10) == 7);
}
