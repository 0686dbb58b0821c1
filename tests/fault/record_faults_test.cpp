// The log store and the metric store on a disk that fails: a batch is stored once or answered as
// not stored, people are told once, and what is found corrupt at run time is put aside.

#include "tests/fault/faulty_vfs.h"
#include "tests/fault/scenarios.h"
#include "tests/support/put_aside_files.h"
#include "tests/unit/store/record_fixture.h"

#include "common/base/text.h"

#include <doctest/doctest.h>
#include <algorithm>
#include <filesystem>

namespace evd::test {
namespace {

constexpr uint64_t kBatches = 20;
constexpr size_t kRows = 40;
constexpr uint64_t kHits = 25;  // of each kind, spread over its operations
constexpr uint64_t kNever = ~uint64_t{0};

using Kind = RecordFixture::Kind;

store::RecordBatch batchOf(RecordFixture& fixture, Kind kind, uint64_t number) {
    return kind == Kind::Logs ? fixture.make.logs(number, kRows)
                              : fixture.make.gauges(number, kRows, static_cast<int64_t>(number));
}

// Sends each batch until it is answered with ok, as a sender that keeps its word; the faults are
// over after their hits. Answers the operations that could have been hit.
uint64_t surviveFaults(Kind kind, FaultPlan plan) {
    FaultyVfs& disk = FaultyVfs::instance();
    disk.disarm();
    RecordFixture fixture(kind, 100);
    fixture.openAndAttach();
    disk.arm(plan);
    for (uint64_t number = 1; number <= kBatches; ++number) {
        std::string outcome;
        for (int attempt = 0; outcome != "ok" && attempt < 50; ++attempt) {
            outcome = fixture.write(batchOf(fixture, kind, number));
        }
        CHECK(outcome == "ok");
    }
    const uint64_t candidates = disk.candidates();
    disk.disarm();
    fixture.close();
    const std::string table = kind == Kind::Logs ? "logs" : "samples";
    CHECK(fixture.ask(base::cat("SELECT count(*) FROM ", table)) == base::cat(kBatches * kRows));
    CHECK(fixture.open().attach(guidOf(9)) == kBatches);
    CHECK(fixture.loop.failures.size() <= 1);
    return candidates;
}

TEST_CASE("record faults: whatever fails, each batch is stored once") {
    for (const Kind kind : {Kind::Logs, Kind::Metrics}) {
        for (const FaultKind fault :
             {FaultKind::WriteError, FaultKind::TornWrite, FaultKind::DiskFull,
              FaultKind::SyncError, FaultKind::ReadError, FaultKind::SharedError}) {
            CAPTURE(faultName(fault));
            const uint64_t candidates = surviveFaults(kind, {fault, kNever, 1});
            const uint64_t step = std::max<uint64_t>(candidates / kHits, 1);
            for (uint64_t at = 1; at <= candidates; at += step) {
                CAPTURE(at);
                surviveFaults(kind, {fault, at, 3});
            }
        }
    }
}

TEST_CASE("record faults: a full disk is told of once, and retention is asked for room") {
    RecordFixture fixture(Kind::Logs);
    fixture.openAndAttach();
    CHECK(fixture.write(fixture.make.logs(1, kRows)) == "ok");
    FaultyVfs::instance().arm({FaultKind::DiskFull, 1, kNever / 2});
    for (int attempt = 0; attempt < 5; ++attempt) {
        CHECK(fixture.write(fixture.make.logs(2, kRows)) == "busy");
    }
    FaultyVfs::instance().disarm();
    CHECK(fixture.write(fixture.make.logs(2, kRows)) == "ok");
    CHECK(fixture.loop.failures.size() == 1);
    CHECK(fixture.loop.disk_failures == 5);
    CHECK(fixture.measure("logs.failed_batches") == 5);
    CHECK(fixture.ask("SELECT count(*) FROM logs") == base::cat(2 * kRows));
}

// Each failed batch begins a new epoch; who says hello afterwards must not be taken for somebody
// of an old one.
TEST_CASE("record faults: after a long outage whoever says hello is stored at once") {
    for (const Kind kind : {Kind::Logs, Kind::Metrics}) {
        RecordFixture fixture(kind);
        fixture.openAndAttach();
        FaultyVfs::instance().arm({FaultKind::DiskFull, 1, kNever / 2});
        for (int attempt = 0; attempt < 5; ++attempt) {
            CHECK(fixture.write(batchOf(fixture, kind, 1)) == "busy");
        }
        FaultyVfs::instance().disarm();
        // The same sender on a new connection, and another one.
        CHECK(fixture.store().attach(guidOf(9)) == 0);
        CHECK(fixture.write(batchOf(fixture, kind, 1)) == "ok");
        CHECK(fixture.store().attach(guidOf(8)) == 0);
        store::RecordBatch batch = batchOf(fixture, kind, 1);
        batch.sender = guidOf(8);
        CHECK(fixture.write(std::move(batch)) == "ok");
    }
}

class NotedAnswer final : public store::RunAnswer {
  public:
    explicit NotedAnswer(std::string& noted) : noted_(noted) {}
    void give(base::Result<void> outcome) override { noted_ = outcome ? "ok" : "refused"; }

  private:
    std::string& noted_;
};

TEST_CASE("record faults: a batch of our own that fails takes no later one with it") {
    RecordFixture fixture(Kind::Metrics);
    fixture.openAndAttach();
    const auto writeOwn = [&] {
        std::string outcome;
        fixture.store().writeOwn(batchOf(fixture, Kind::Metrics, store::kOwnBatch),
                                 std::make_unique<NotedAnswer>(outcome));
        fixture.loop.runUntilIdle(fixture.store());
        return outcome;
    };
    FaultyVfs::instance().arm({FaultKind::DiskFull, 1, kNever / 2});
    CHECK(writeOwn() == "refused");
    FaultyVfs::instance().disarm();
    CHECK(writeOwn() == "ok");
    CHECK(fixture.write(batchOf(fixture, Kind::Metrics, 1)) == "ok");
}

TEST_CASE("record faults: a store found corrupt at run time is put aside at once (Ruling S6)") {
    for (const Kind kind : {Kind::Logs, Kind::Metrics}) {
        RecordFixture fixture(kind);
        fixture.openAndAttach();
        CHECK(fixture.write(batchOf(fixture, kind, 1)) == "ok");
        fixture.close();
        const std::string index =
            kind == Kind::Logs ? "idx_logs_timestamp" : "idx_samples_series_timestamp";
        const std::string sql = base::cat(
            "PRAGMA writable_schema=ON; UPDATE sqlite_schema SET rootpage = (SELECT "
            "rootpage FROM sqlite_schema WHERE name = 'metadata') WHERE name = '",
            index, "'");
        executeRaw(fixture.path(), sql.c_str());
        fixture.openAndAttach();
        CHECK(fixture.write(batchOf(fixture, kind, 2)) == "busy");
        CHECK(fixture.write(batchOf(fixture, kind, 2)) == "ok");
        CHECK_FALSE(fixture.loop.failures.empty());
        CHECK(databasesPutAside(fixture.folder()).size() == 1);
        const std::string table = kind == Kind::Logs ? "logs" : "samples";
        CHECK(fixture.ask(base::cat("SELECT count(*) FROM ", table)) == base::cat(kRows));
    }
}

}  // namespace
}  // namespace evd::test
