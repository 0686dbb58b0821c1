#include "queryd/evctl/query_words.h"

#include <doctest/doctest.h>

using evd::evctl::findQueryWords;

TEST_CASE("query words: clauses are found outside quotes and comments") {
    const auto found = findQueryWords("EVENTS \"a STREAM\" SORT pid -- STREAM\nTAKE 5");
    CHECK_FALSE(found.stream);
    CHECK(found.sort);
    CHECK(found.take);
    CHECK(found.take_count == 5);
    CHECK(findQueryWords("-- why\nmetric cpu[] p99").metric);
    CHECK(findQueryWords("METRIC cpu[] P99").transform);
    CHECK_FALSE(findQueryWords("LOGS WHERE METRIC x > 1").metric);
}

TEST_CASE("query words: a field or a value that is called as a clause is none") {
    const auto fields = findQueryWords("EVENTS WHERE take == 3 AND sort != 1 AND stream=1");
    CHECK_FALSE(fields.take);
    CHECK_FALSE(fields.sort);
    CHECK_FALSE(fields.stream);
    const auto values = findQueryWords("EVENTS WHERE mode == stream TAKE 2");
    CHECK_FALSE(values.stream);
    CHECK(values.take_count == 2);
}
