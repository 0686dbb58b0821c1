// A small filesystem of its own as event store, filled and freed: the ring keeps what the store
// cannot take, everything is stored exactly once when there is room again, and nobody dies of it.

#include "common/base/text.h"
#include "tests/support/emitter.h"
#include "tests/support/evctl.h"
#include "tests/support/exactly_once.h"
#include "tests/support/group.h"
#include "tests/support/small_disk.h"
#include "tests/support/text_search.h"
#include "tests/support/wait_until.h"

#include <doctest/doctest.h>
#include <algorithm>
#include <filesystem>
#include <string>

namespace test = evd::test;
using evd::base::cat;

namespace {

constexpr const char* kEventType = "disk.event";
constexpr const char* kNotStored = "not stored, the collector sends them again";
constexpr uint32_t kBatchEvents = 64;
constexpr uint32_t kPadBytes = 400;
constexpr int kBatchEveryMs = 2;

template <typename Holds>
bool comesTrue(const Holds& holds, int look_every_ms = test::kLookEveryMs) {
    return test::waitUntil(test::kPatienceMs, holds, look_every_ms);
}

uint64_t countOf(const test::StateFolder& state, const std::string& type) {
    const auto answer = test::ask(state, cat("EVENTS ", type, " COUNT"));
    return answer.status == 0 ? test::numberBehind(answer.output, "\"count\":").value_or(0) : 0;
}

class Emission {
  public:
    explicit Emission(const test::StateFolder& state)
        : emitter_(state.below("run/kmes.sock"), kEventType, kPadBytes) {}
    void batch() {
        const auto outcome = emitter_.emit(next_, kBatchEvents);
        REQUIRE(outcome.acknowledged == kBatchEvents);
        next_ += kBatchEvents;
    }
    uint64_t count() const { return next_ - 1; }

  private:
    test::Emitter emitter_;
    uint64_t next_ = 1;
};

test::GroupOptions optionsOf(int shards) {
    test::GroupOptions options;
    options.values.push_back({"Linux", "KmesCpus", "dword", "1"});
    options.values.push_back({"", "StorageShards", "dword", cat(shards)});
    return options;
}

// How it stands when it does not go on, for whoever is to find out why.
std::string told(const test::StateFolder& state, uint64_t emitted) {
    std::string text = cat("emitted ", emitted, ", stored ", countOf(state, kEventType), '\n',
                           test::evctl(state, {"-f", "jsonl", "status"}).output);
    for (const auto& file : std::filesystem::directory_iterator(state.below("events"))) {
        text += cat(file.path().filename().string(), ' ', file.file_size(), '\n');
    }
    return text;
}

}  // namespace

TEST_CASE("disk full: what the store cannot take waits and is stored exactly once (Spec §11)") {
    const test::StateFolder state;
    const test::SmallDisk disk(state.below("events"), 24);
    if (!disk.isMounted()) {
        MESSAGE("skipped: mounting a tmpfs is not permitted here");
        return;
    }
    test::Group group(state, optionsOf(2));
    REQUIRE(group.waitReady());
    Emission emission(state);
    for (int i = 0; i < 20; ++i) {
        emission.batch();
    }
    REQUIRE(comesTrue([&] { return countOf(state, kEventType) == emission.count(); }));
    const auto children = group.children();

    disk.fill();
    REQUIRE(comesTrue(
        [&] {
            emission.batch();
            return group.stderrText().find(kNotStored) != std::string::npos;
        },
        kBatchEveryMs));
    for (int i = 0; i < 20; ++i) {
        emission.batch();
    }
    // A question is answered from what is there. How much that is depends on the moment: a log that
    // was moved begins anew where it lies, and takes what waits though the disk is full.
    CHECK(countOf(state, kEventType) > 0);

    CHECK(disk.free());
    CHECK(comesTrue([&] { return countOf(state, kEventType) == emission.count(); }));
    CHECK(comesTrue([&] { return countOf(state, "synthetic.storage_error") >= 1; }));
    CHECK(group.stderrText().find(", cpu 0 sequences ") != std::string::npos);
    CHECK(group.children() == children);
    CHECK(group.stop() == 0);

    const auto report = test::checkExactlyOnce(state.below("events"), kEventType);
    for (const auto& violation : report.violations) {
        FAIL_CHECK(violation);
    }
    CHECK(report.lost == 0);
    CHECK(report.numbers.size() == emission.count());
    CHECK(report.distinct() == emission.count());
}

TEST_CASE("disk full: retention by bytes makes room by itself, and the newest is stored") {
    const test::StateFolder state;
    const test::SmallDisk disk(state.below("events"), 16);
    if (!disk.isMounted()) {
        MESSAGE("skipped: mounting a tmpfs is not permitted here");
        return;
    }
    test::GroupOptions options = optionsOf(1);
    options.values.push_back({"", "EventRetentionMaxBytes", "qword", cat(4 * 1024 * 1024)});
    test::Group group(state, options);
    REQUIRE(group.waitReady());
    const auto children = group.children();
    Emission emission(state);
    const auto isNewestStored = [&] {
        const auto newest = test::ask(state, cat("EVENTS ", kEventType, " TAKE 1 SELECT n"));
        return newest.output.find(cat("\"n\":", emission.count(), "}")) != std::string::npos;
    };
    // Four times what the disk holds, never more at once than a ring does. The next check by the
    // clock would be a minute away.
    while (emission.count() < uint64_t{64} * 1024 * 1024 / kPadBytes) {
        for (int i = 0; i < 64; ++i) {
            emission.batch();
        }
        const bool is_stored = comesTrue(isNewestStored);
        REQUIRE_MESSAGE(is_stored, (is_stored ? "" : told(state, emission.count())));
    }
    CHECK(group.stderrText().find("retention: deleted") != std::string::npos);
    CHECK(test::evctl(state, {"status"}).output.find("retention.deleted_rows") !=
          std::string::npos);
    CHECK(group.children() == children);
    CHECK(group.stop() == 0);

    const auto report = test::checkExactlyOnce(state.below("events"), kEventType);
    // What was deleted is one hole from the beginning on, and receipts go on accounting for it.
    const auto count = [&](const char* words) {
        return std::count_if(
            report.violations.begin(), report.violations.end(),
            [&](const auto& violation) { return violation.find(words) != std::string::npos; });
    };
    CHECK(report.violations.size() == 2);
    CHECK(count(" 1..") == 1);
    CHECK(count(" is neither stored nor lost") == 1);
    CHECK(count("rows and receipts") == 1);
    CHECK(report.lost == 0);
    REQUIRE_FALSE(report.numbers.empty());
    CHECK(report.numbers.size() == *report.numbers.rbegin() - *report.numbers.begin() + 1);
    CHECK(*report.numbers.rbegin() == emission.count());
}
