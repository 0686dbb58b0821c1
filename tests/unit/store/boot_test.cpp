#include "store/boot.h"

#include "store/shard_files.h"

#include "tests/unit/store/store_fixture.h"

#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>

namespace evd::store {
namespace {

using test::RunSketch;
using test::StoreFixture;

StoreSurvey survey(const StoreFixture& fixture, int64_t wall_ns = 0) {
    auto found = surveyStores(fixture.folder(), fixture.boot, wall_ns);
    REQUIRE(found);
    return std::move(found).value();
}

TEST_CASE("boot: an empty store knows nothing") {
    const test::TemporaryDirectory directory;
    const auto found = surveyStores(directory.path(), {}, 0);
    REQUIRE(found);
    CHECK(found.value().last_id == 0);
    CHECK_FALSE(found.value().last_boot);
    CHECK(found.value().resumePoints().empty());
}

TEST_CASE("boot: a store that is not there is NotFound") {
    const test::TemporaryDirectory directory;
    CHECK(surveyStores(directory / "none", {}, 0).error().kind == base::ErrorKind::NotFound);
}

TEST_CASE("boot: receipts of all databases are one, the newest event's boot is the last") {
    StoreFixture fixture(2, 2);
    fixture.openAndAttach();
    CHECK(fixture.write(RunSketch(0, 1, 10)) == "ok");
    CHECK(fixture.write(RunSketch(1, 1, 5)) == "ok");
    const StoreSurvey found = survey(fixture);
    CHECK(found.resumePoints() == std::vector<wire::ResumePoint>{{0, 10}, {1, 5}});
    CHECK(found.last_boot == fixture.boot);
    CHECK(found.last_id == 16);
    CHECK(found.unreadable.empty());
}

TEST_CASE("boot: of another boot's receipts nothing is held") {
    StoreFixture fixture;
    fixture.openAndAttach();
    CHECK(fixture.write(RunSketch(0, 1, 10)) == "ok");
    base::Guid other;
    const auto found = surveyStores(fixture.folder(), other, 0);
    REQUIRE(found);
    CHECK(found.value().resumePoints().empty());
    CHECK(found.value().last_boot == fixture.boot);
}

TEST_CASE("boot: historical and quarantined databases count as the active ones do") {
    StoreFixture fixture;
    fixture.openAndAttach();
    CHECK(fixture.write(RunSketch(0, 1, 10)) == "ok");
    fixture.shutDown();
    REQUIRE(quarantine(fixture.shardPath(0), 17));
    CHECK(survey(fixture).resumePoints() == std::vector<wire::ResumePoint>{{0, 10}});
    fixture.openAndAttach();
    CHECK(fixture.write(RunSketch(0, 1, 12)) == "ok");
    CHECK(fixture.storedEvents() == 12);
    CHECK(fixture.total("SELECT count(*) FROM events WHERE id <= 12") == 12);
}

TEST_CASE("boot: a database that cannot be read is named, and ids jump over what it may hold") {
    StoreFixture fixture;
    fixture.openAndAttach();
    CHECK(fixture.write(RunSketch(0, 1, 10)) == "ok");
    std::ofstream(fixture.folder() + "/old.db") << std::string(8192, 'x');
    const StoreSurvey found = survey(fixture);
    REQUIRE(found.unreadable.size() == 1);
    CHECK(found.unreadable.front().find("old.db") != std::string::npos);
    CHECK(found.last_id == 11 + kUnreadableIdSkip);
    CHECK(found.resumePoints() == std::vector<wire::ResumePoint>{{0, 10}});
}

TEST_CASE("boot: where nothing can be read ids go on behind any that time allowed") {
    StoreFixture fixture;
    fixture.openAndAttach();
    CHECK(fixture.write(RunSketch(0, 1, 10)) == "ok");
    fixture.shutDown();
    std::filesystem::remove(fixture.shardPath(0));
    std::ofstream(fixture.shardPath(0)) << std::string(8192, 'x');
    constexpr int64_t kSeconds = 1'800'000'000;
    CHECK(survey(fixture, kSeconds * base::kNsPerSecond).last_id == kSeconds * kIdsPerSecondMax);
    CHECK(survey(fixture, (kSeconds + 1) * base::kNsPerSecond).last_id ==
          (kSeconds + 1) * kIdsPerSecondMax);
    // With a clock that is wrong it is the skip.
    CHECK(survey(fixture, 0).last_id == kUnreadableIdSkip);
    CHECK(survey(fixture, -base::kNsPerSecond).last_id == kUnreadableIdSkip);
}

TEST_CASE("boot: impossible receipts are not believed") {
    StoreFixture fixture;
    fixture.openAndAttach();
    fixture.shutDown();
    for (const char* values : {"70000, 1, 5", "-1, 1, 5", "0, 0, 5", "0, 9, 5", "0, -5, 5"}) {
        CAPTURE(values);
        fixture.damage(0, base::cat("DELETE FROM receipts; INSERT INTO receipts VALUES (x'",
                                    "07070707070707070707070707070707', ", values, ")"));
        CHECK(survey(fixture).unreadable.size() == 1);
    }
}

}  // namespace
}  // namespace evd::store
