#include "queryd/evctl/spool.h"

#include "common/base/text.h"
#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>
#include <filesystem>

using evd::base::Result;
using evd::evctl::Spool;

namespace {

std::vector<uint8_t> record(size_t number, size_t bytes) {
    std::vector<uint8_t> out(bytes, static_cast<uint8_t>(number));
    return out;
}

std::vector<std::vector<uint8_t>> all(Spool& spool, bool backward = false) {
    std::vector<std::vector<uint8_t>> found;
    const auto keep = [&](std::span<const uint8_t> bytes) -> Result<void> {
        found.emplace_back(bytes.begin(), bytes.end());
        return {};
    };
    CHECK((backward ? spool.forEachBackward(keep) : spool.forEach(keep)).ok());
    return found;
}

}  // namespace

TEST_CASE("spool: what fits its memory never touches the disk") {
    Spool spool("/nowhere", 100);
    REQUIRE(spool.add(record(1, 40)).ok());
    REQUIRE(spool.add(record(2, 40)).ok());
    CHECK_FALSE(spool.onDisk());
    CHECK(all(spool) == std::vector{record(1, 40), record(2, 40)});
}

TEST_CASE(
    "spool: records come back in order and backward, as often as wanted, from disk and memory") {
    const evd::test::TemporaryDirectory folder;
    Spool spool(folder.path(), 1000);
    std::vector<std::vector<uint8_t>> added;
    for (size_t i = 0; i < 200; ++i) {
        added.push_back(record(i, i * 7 % 300));
        REQUIRE(spool.add(added.back()).ok());
    }
    CHECK(spool.onDisk());
    CHECK(spool.count() == 200);
    CHECK(all(spool) == added);
    CHECK(all(spool) == added);
    std::vector<std::vector<uint8_t>> reversed(added.rbegin(), added.rend());
    CHECK(all(spool, /*backward=*/true) == reversed);
}

TEST_CASE("spool: a record larger than memory and read-ahead comes back whole") {
    const evd::test::TemporaryDirectory folder;
    Spool spool(folder.path(), 1000);
    const std::vector added{record(1, 10), record(2, 1'000'000), record(3, 300'000), record(4, 0)};
    for (const auto& one : added) {
        REQUIRE(spool.add(one).ok());
    }
    CHECK(all(spool) == added);
    CHECK(all(spool, true).front().empty());
}

TEST_CASE("spool: its file has no name") {
    const evd::test::TemporaryDirectory folder;
    Spool spool(folder.path(), 10);
    REQUIRE(spool.add(record(1, 100)).ok());
    REQUIRE(spool.add(record(2, 100)).ok());
    CHECK(spool.onDisk());
    CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("spool: without a place for its file it says so") {
    Spool spool("/nowhere/at/all", 10);
    REQUIRE(spool.add(record(1, 100)).ok());
    const auto added = spool.add(record(2, 100));
    REQUIRE_FALSE(added.ok());
    CHECK(added.error().text.find("/nowhere/at/all") != std::string::npos);
}

TEST_CASE("spool: a visitor's error ends the replay") {
    Spool spool("/tmp", 1000);
    REQUIRE(spool.add(record(1, 1)).ok());
    REQUIRE(spool.add(record(2, 1)).ok());
    int visited = 0;
    const auto result = spool.forEach([&](std::span<const uint8_t>) -> Result<void> {
        ++visited;
        return evd::base::fail(evd::base::ErrorKind::Gone, "enough");
    });
    CHECK_FALSE(result.ok());
    CHECK(visited == 1);
}

TEST_CASE("spool: cleared, it begins anew") {
    const evd::test::TemporaryDirectory folder;
    Spool spool(folder.path(), 10);
    REQUIRE(spool.add(record(1, 100)).ok());
    REQUIRE(spool.add(record(2, 100)).ok());
    spool.clear();
    CHECK(all(spool).empty());
    REQUIRE(spool.add(record(3, 3)).ok());
    CHECK(all(spool) == std::vector<std::vector<uint8_t>>{record(3, 3)});
}
