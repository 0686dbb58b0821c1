#include "queryd/evctl/progress.h"

#include <doctest/doctest.h>

using evd::evctl::progressText;
using evd::evctl::ProgressUnit;

TEST_CASE("progress: how much, how fast, and how long still where that can be known") {
    CHECK(progressText({"answer", ProgressUnit::Records, 0, 0, 2'000}) ==
          "answer: nothing yet, 2 s");
    CHECK(progressText({"answer", ProgressUnit::Records, 12'000, 0, 3'000}) ==
          "answer: 12k records, 4k/s, 3 s");
    CHECK(progressText({"writing", ProgressUnit::Records, 2'500, 10'000, 1'000}) ==
          "writing: 2.5k records, 2.5k/s, 25 %, 3 s left");
    CHECK(progressText({"sending", ProgressUnit::Bytes, 1 << 20, 128 << 20, 1'000}) ==
          "sending: 1.0 MiB, 1.0 MiB/s, 0 %, 2 min 7 s left");
}

TEST_CASE("progress: a total that was wrong is no longer believed, and no time is no rate") {
    CHECK(progressText({"x", ProgressUnit::Records, 11, 10, 1'000}) == "x: 11 records, 11/s, 1 s");
    CHECK(progressText({"x", ProgressUnit::Records, 1, 0, 0}) == "x: 1 records, 1k/s, 1 s");
}
