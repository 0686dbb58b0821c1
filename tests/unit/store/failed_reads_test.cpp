#include "store/failed_reads.h"

#include <doctest/doctest.h>

namespace evd::store {
namespace {

constexpr int64_t kPatienceNs = FailedReads::kPatienceNs;

TEST_CASE("failed reads: a database is given up for them after a while, not before") {
    FailedReads reads;
    CHECK_FALSE(reads.failed(100));
    CHECK_FALSE(reads.failed(200));
    CHECK_FALSE(reads.failed(100 + kPatienceNs - 1));
    CHECK(reads.failed(100 + kPatienceNs));
}

TEST_CASE("failed reads: one long ago and one now are two, which is too few") {
    FailedReads reads;
    CHECK_FALSE(reads.failed(0));
    CHECK_FALSE(reads.failed(10 * kPatienceNs));
    CHECK(reads.failed(10 * kPatienceNs));
}

TEST_CASE("failed reads: what succeeds in between begins it anew") {
    FailedReads reads;
    CHECK_FALSE(reads.failed(0));
    CHECK_FALSE(reads.failed(1));
    reads.forget();
    CHECK_FALSE(reads.failed(kPatienceNs));
    CHECK_FALSE(reads.failed(kPatienceNs));
    CHECK_FALSE(reads.failed(2 * kPatienceNs - 1));
    CHECK(reads.failed(2 * kPatienceNs));
}

}  // namespace
}  // namespace evd::store
