#include "store/failure_episode.h"

#include <doctest/doctest.h>

namespace evd::store {
namespace {

constexpr int64_t kAgainNs = FailureEpisode::kTellAgainNs;

TEST_CASE("failure episode: it is told of once, and its end says how many failures it had") {
    FailureEpisode episode;
    CHECK_FALSE(episode.isFailing());
    CHECK(episode.failed(100));
    CHECK(episode.isFailing());
    CHECK_FALSE(episode.failed(200));
    CHECK_FALSE(episode.failed(100 + 10 * kAgainNs));
    CHECK(episode.succeeded() == 3);
    CHECK_FALSE(episode.isFailing());
    CHECK_FALSE(episode.succeeded());
}

TEST_CASE("failure episode: one soon after another is not told of, unless it lasts") {
    FailureEpisode episode;
    CHECK(episode.failed(0));
    CHECK(episode.succeeded() == 1);
    CHECK_FALSE(episode.failed(kAgainNs - 1));
    CHECK(episode.isFailing());
    CHECK_FALSE(episode.succeeded());
    CHECK_FALSE(episode.failed(kAgainNs - 1));
    CHECK(episode.failed(kAgainNs));
    CHECK(episode.succeeded() == 2);
}

}  // namespace
}  // namespace evd::store
