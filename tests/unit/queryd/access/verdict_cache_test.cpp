#include "queryd/access/verdict_cache.h"

#include <doctest/doctest.h>

using evd::access::FieldVerdict;
using evd::queryd::VerdictCache;
using evd::queryd::VerdictKey;

namespace {

VerdictCache::Verdict granted() {
    return std::make_shared<const FieldVerdict>(FieldVerdict{true, false, {}});
}

VerdictKey key(size_t pattern, std::vector<std::string> fields = {}) {
    return {1, pattern, "unix:1000", std::move(fields)};
}

}  // namespace

TEST_CASE("verdict cache: token, pattern, field set and policy all tell verdicts apart (A7)") {
    VerdictCache cache;
    cache.put(key(1, {"a", "b"}), granted());
    CHECK(cache.find(key(1, {"a", "b"})) != nullptr);
    CHECK(cache.find(key(2, {"a", "b"})) == nullptr);
    CHECK(cache.find(key(1, {"b", "a"})) == nullptr);
    CHECK(cache.find(key(1, {"a"})) == nullptr);
    CHECK(cache.find(key(1, {"ab"})) == nullptr);
    CHECK(cache.find(key(1, {"ab", ""})) == nullptr);
    CHECK(cache.find({2, 1, "unix:1000", {"a", "b"}}) == nullptr);
    CHECK(cache.find({1, 1, "unix:1001", {"a", "b"}}) == nullptr);
}

TEST_CASE("verdict cache: clearing forgets everything") {
    VerdictCache cache;
    cache.put(key(1), granted());
    cache.clear();
    CHECK(cache.find(key(1)) == nullptr);
    CHECK(cache.size() == 0);
}

TEST_CASE("verdict cache: it stays within its limit, and what is asked for stays in it") {
    VerdictCache cache;
    cache.put(key(0), granted());
    for (size_t pattern = 1; pattern < 4 * VerdictCache::kVerdictsMax; ++pattern) {
        cache.put(key(pattern), granted());
        if (pattern % 100 == 0) {
            REQUIRE(cache.find(key(0)) != nullptr);
            REQUIRE(cache.size() <= VerdictCache::kVerdictsMax);
        }
    }
    CHECK(cache.find(key(1)) == nullptr);
}

TEST_CASE("verdict cache: long field names count by their bytes") {
    VerdictCache cache;
    const std::string name(size_t{1} << 20, 'x');
    for (size_t pattern = 0; pattern < 100; ++pattern) {
        cache.put(key(pattern, {name}), granted());
    }
    CHECK(cache.size() <= VerdictCache::kBytesMax / name.size());
}
