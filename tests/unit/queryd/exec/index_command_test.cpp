#include "common/base/text.h"
#include "queryd/exec/query_engine.h"
#include "queryd/stream/counting_signal.h"
#include "tests/support/fake_clock.h"
#include "tests/support/record_list.h"
#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>
#include <string>
#include <vector>

namespace evd::queryd {
namespace {

class ControlList final : public StoreControl {
  public:
    void filtered(const std::vector<std::string>& fields) override { reports.push_back(fields); }
    void rollupAsked(wire::RollupFunction, uint32_t) override {}
    base::Result<void> index(const std::string& field, int64_t, const std::atomic<bool>*) override {
        indexed.push_back(field);
        return field == "timestamp" ? base::fail(base::ErrorKind::Invalid, "always indexed")
                                    : base::Result<void>();
    }
    std::vector<std::vector<std::string>> reports;
    std::vector<std::string> indexed;
};

struct Fixture {
    base::Result<void> run(std::string_view text, bool as_administrator, RecordSink& sink) {
        const auto prepared = engine->prepare(text);
        REQUIRE(prepared.ok());
        RunOptions options;
        options.caller.administrator = as_administrator;
        return engine->run(*prepared.value(), options, sink);
    }
    test::TemporaryDirectory folder;
    test::FakeClock clock;
    CountingSignal signal;
    ControlList control;
    std::unique_ptr<QueryEngine> engine = makeQueryEngine(
        {.event_store_path = folder.path(), .reader_threads = 1}, clock, signal, &control);
};

// Ruling Q12: `end` alone; the initial result, which would be an empty ok message, never comes.
TEST_CASE("index command: an administrator's goes to the store and has no result of its own") {
    Fixture fixture;
    test::RecordList records;
    CHECK(fixture.run("EVENTS INDEX target_sid", true, records).ok());
    CHECK(fixture.control.indexed == std::vector<std::string>{"target_sid"});
    CHECK_FALSE(records.complete());
    CHECK(records.lines().empty());
}

// Ruling A9, with administrators in the place of the descriptor.
TEST_CASE("index command: nobody else's does") {
    Fixture fixture;
    test::RecordList records;
    const auto refused = fixture.run("EVENTS INDEX target_sid", false, records);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().kind == base::ErrorKind::Denied);
    CHECK(fixture.control.indexed.empty());
}

TEST_CASE("index command: what the store refuses is said") {
    Fixture fixture;
    test::RecordList records;
    const auto refused = fixture.run("EVENTS INDEX timestamp", true, records);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().text == "always indexed");
}

TEST_CASE("index command: without a store it is refused") {
    Fixture fixture;
    fixture.engine =
        makeQueryEngine({.event_store_path = fixture.folder.path()}, fixture.clock, fixture.signal);
    test::RecordList records;
    CHECK(fixture.run("EVENTS INDEX a", true, records).error().kind ==
          base::ErrorKind::Unsupported);
}

// Spec §3.3, query frequency counters.
TEST_CASE("filter counts: each question is told of once, unless its asker sees nothing") {
    Fixture fixture;
    test::RecordList records;
    CHECK(fixture.run("EVENTS a.* WHERE b == 1", true, records).ok());
    REQUIRE(fixture.control.reports.size() == 1);
    CHECK(fixture.control.reports.front() == std::vector<std::string>{"b", "event_type"});
    test::RecordList nothing;
    CHECK(fixture.run("EVENTS WHERE b == 1", false, nothing).ok());
    CHECK(fixture.control.reports.size() == 1);
}

}  // namespace
}  // namespace evd::queryd
