#include "store/series_cache.h"

#include "common/base/text.h"

#include <doctest/doctest.h>
#include <array>

namespace evd::store {
namespace {

int64_t idOf(SeriesCache& cache, const SeriesKey& key) {
    const SeriesEntry* entry = cache.find(key);
    return entry == nullptr ? 0 : entry->id;
}

TEST_CASE("series cache: name, labels and boundaries together are the key") {
    SeriesCache cache(10);
    cache.insert({"ab", "c=1", std::nullopt}, {1});
    cache.insert({"a", "bc=1", std::nullopt}, {2});
    cache.insert({"ab", "c=1", 0}, {3});
    cache.insert({"ab", "c=1", 1}, {4});
    CHECK(idOf(cache, {"ab", "c=1", std::nullopt}) == 1);
    CHECK(idOf(cache, {"a", "bc=1", std::nullopt}) == 2);
    CHECK(idOf(cache, {"ab", "c=1", 0}) == 3);
    CHECK(idOf(cache, {"ab", "c=1", 1}) == 4);
    CHECK(idOf(cache, {"ab", "", std::nullopt}) == 0);
}

TEST_CASE("series cache: when it is full the least recently used entry goes") {
    SeriesCache cache(2);
    cache.insert({"a", "", std::nullopt}, {1});
    cache.insert({"b", "", std::nullopt}, {2});
    CHECK(idOf(cache, {"a", "", std::nullopt}) == 1);
    cache.insert({"c", "", std::nullopt}, {3});
    CHECK(cache.size() == 2);
    CHECK(cache.evicted() == 1);
    CHECK(idOf(cache, {"b", "", std::nullopt}) == 0);
    CHECK(idOf(cache, {"a", "", std::nullopt}) == 1);
    CHECK(idOf(cache, {"c", "", std::nullopt}) == 3);
}

TEST_CASE("series cache: a smaller limit evicts at once, a larger one makes room") {
    SeriesCache cache(100);
    for (int i = 0; i < 100; ++i) {
        cache.insert({"m", base::cat("n=", i), std::nullopt}, {i + 1});
    }
    cache.setEntriesMax(10);
    CHECK(cache.size() == 10);
    CHECK(idOf(cache, {"m", "n=89", std::nullopt}) == 0);
    CHECK(idOf(cache, {"m", "n=90", std::nullopt}) == 91);
    cache.setEntriesMax(11);
    cache.insert({"m", "n=0", std::nullopt}, {1});
    CHECK(cache.size() == 11);
}

TEST_CASE("series cache: ids that are gone are forgotten, and only these") {
    SeriesCache cache(10);
    cache.insert({"a", "", std::nullopt}, {1});
    cache.insert({"b", "", std::nullopt}, {2});
    cache.insert({"c", "", 5}, {3});
    cache.forget(std::array<int64_t, 3>{1, 3, 77});
    CHECK(cache.size() == 1);
    CHECK(idOf(cache, {"a", "", std::nullopt}) == 0);
    CHECK(idOf(cache, {"b", "", std::nullopt}) == 2);
    CHECK(idOf(cache, {"c", "", 5}) == 0);
    cache.clear();
    CHECK(cache.size() == 0);
}

}  // namespace
}  // namespace evd::store
