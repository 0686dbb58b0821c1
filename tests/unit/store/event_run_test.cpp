#include "store/event_run.h"

#include "tests/unit/store/event_bytes.h"

#include <doctest/doctest.h>
#include <limits>

namespace evd::store {
namespace {

using test::RunSketch;

bool isInvalid(const EventRun& run, uint16_t cpu_count = 1) {
    const auto checked = checkRun(run, cpu_count);
    return !checked && checked.error().kind == base::ErrorKind::Invalid;
}

wire::Gap gap(uint64_t first, uint64_t last) {
    return {first, last, 0, 1};
}

TEST_CASE("event run: a sound run becomes one slice that covers it") {
    const RunSketch sketch(0, 5, 9);
    const auto slices = checkRun(sketch.run(), 1);
    REQUIRE(slices);
    REQUIRE(slices.value().size() == 1);
    CHECK(slices.value().front().covered == base::Interval{5, 9});
    CHECK(slices.value().front().event_count == 5);
    CHECK(slices.value().front().events.size() == sketch.run().events.size());
}

TEST_CASE("event run: gaps in front of, between and behind events are covered too") {
    const RunSketch sketch(0, 1, 10, {gap(1, 2), gap(5, 5), gap(9, 10)});
    const auto slices = checkRun(sketch.run(), 1);
    REQUIRE(slices);
    REQUIRE(slices.value().size() == 1);
    CHECK(slices.value().front().covered == base::Interval{1, 10});
    CHECK(slices.value().front().event_count == 5);
    CHECK(slices.value().front().gaps.size() == 3);
}

TEST_CASE("event run: a run of nothing but a gap is sound") {
    const RunSketch sketch(0, 3, 8, {gap(3, 8)});
    const auto slices = checkRun(sketch.run(), 1);
    REQUIRE(slices);
    CHECK(slices.value().front().rows() == 1);
}

TEST_CASE("event run: a run of nothing at all is refused") {
    EventRun run;
    CHECK(isInvalid(run));
    run.first_sequence = 1;
    run.last_sequence = 1;
    CHECK(isInvalid(run));
}

TEST_CASE("event run: the cpu must exist and every event must be its") {
    CHECK_FALSE(isInvalid(RunSketch(3, 1, 2).run(), 4));
    CHECK(isInvalid(RunSketch(4, 1, 2).run(), 4));
    const RunSketch sketch(1, 1, 2);
    EventRun run = sketch.run();
    run.cpu = 0;
    CHECK(isInvalid(run, 2));
}

TEST_CASE("event run: first, last and count must be those of the events") {
    const RunSketch sketch(0, 5, 9);
    const auto changed = [&](auto change) {
        EventRun run = sketch.run();
        change(run);
        return isInvalid(run);
    };
    CHECK_FALSE(changed([](EventRun&) {}));
    CHECK(changed([](EventRun& run) { run.first_sequence = 4; }));
    CHECK(changed([](EventRun& run) { run.first_sequence = 6; }));
    CHECK(changed([](EventRun& run) { run.first_sequence = 0; }));
    CHECK(changed([](EventRun& run) { run.last_sequence = 8; }));
    CHECK(changed([](EventRun& run) { run.last_sequence = 10; }));
    CHECK(changed([](EventRun& run) { run.last_sequence = 4; }));
    CHECK(changed([](EventRun& run) { run.event_count = 4; }));
    CHECK(changed([](EventRun& run) { run.event_count = 6; }));
    CHECK(changed([](EventRun& run) { run.last_sequence = std::numeric_limits<uint64_t>::max(); }));
}

TEST_CASE("event run: a hole without a gap, an overlap and a repeated event are refused") {
    std::vector<uint8_t> bytes;
    for (const uint64_t sequence : {1, 2, 4}) {
        test::appendEvent(bytes, {.sequence = sequence});
    }
    EventRun run{0, 1, 4, 3, {}, bytes};
    CHECK(isInvalid(run));
    run.gaps = {gap(3, 3)};
    CHECK_FALSE(isInvalid(run));
    for (const wire::Gap& wrong : {gap(2, 3), gap(3, 4), gap(3, 5), gap(4, 3), gap(1, 1)}) {
        run.gaps = {wrong};
        CHECK(isInvalid(run));
    }
    run.gaps = {gap(3, 3), gap(3, 3)};
    CHECK(isInvalid(run));
    bytes.clear();
    for (const uint64_t sequence : {1, 1}) {
        test::appendEvent(bytes, {.sequence = sequence});
    }
    CHECK(isInvalid({0, 1, 1, 2, {}, bytes}));
}

TEST_CASE("event run: every truncation and anything left over is refused") {
    const RunSketch sketch(0, 1, 3);
    for (size_t length = 0; length < sketch.run().events.size(); ++length) {
        EventRun run = sketch.run();
        run.events = run.events.first(length);
        CAPTURE(length);
        CHECK(isInvalid(run));
    }
    RunSketch longer(0, 1, 3);
    longer.bytes().push_back(0);
    CHECK(isInvalid(longer.run()));
}

TEST_CASE("event run: a type that is not UTF-8 is refused, an empty payload is not") {
    std::vector<uint8_t> bytes;
    test::appendEvent(bytes, {.type = "\xff\xfe"});
    CHECK(isInvalid({0, 1, 1, 1, {}, bytes}));
    bytes.clear();
    test::appendEvent(bytes, {.payload = {}});
    CHECK_FALSE(isInvalid({0, 1, 1, 1, {}, bytes}));
}

TEST_CASE("event run: a long run is cut into slices that cover it without overlap") {
    const RunSketch sketch(0, 1, 2 * kSliceRowsMax + 1);
    const auto slices = checkRun(sketch.run(), 1);
    REQUIRE(slices);
    REQUIRE(slices.value().size() == 3);
    uint64_t next = 1;
    size_t bytes = 0;
    for (const RunSlice& slice : slices.value()) {
        CHECK(slice.covered.first == next);
        CHECK(slice.rows() <= kSliceRowsMax);
        CHECK(slice.event_count == slice.covered.last - slice.covered.first + 1);
        next = slice.covered.last + 1;
        bytes += slice.events.size();
    }
    CHECK(bytes == sketch.run().events.size());
    CHECK(slices.value().back().event_count == 1);
}

TEST_CASE("event run: slices are cut by bytes too, and one large event is a slice of its own") {
    std::vector<uint8_t> bytes;
    test::appendEvent(bytes, {.sequence = 1});
    test::appendEvent(bytes, {.sequence = 2, .payload = std::vector<uint8_t>(kSliceBytesMax + 1)});
    test::appendEvent(bytes, {.sequence = 3});
    const auto slices = checkRun({0, 1, 3, 3, {}, bytes}, 1);
    REQUIRE(slices);
    CHECK(slices.value().size() == 3);
}

TEST_CASE("event run: a gap lies in the slice of the event that revealed it") {
    const uint64_t at = kSliceRowsMax + 1;
    const RunSketch sketch(0, 1, at + 10, {gap(at, at + 1)});
    const auto slices = checkRun(sketch.run(), 1);
    REQUIRE(slices);
    REQUIRE(slices.value().size() == 2);
    CHECK(slices.value().at(0).gaps.empty());
    REQUIRE(slices.value().at(1).gaps.size() == 1);
    CHECK(slices.value().at(1).covered.first == at);
    CHECK(slices.value().at(1).event_count == 9);

    const RunSketch before(0, 1, at + 10, {gap(at - 1, at)});
    const auto cut = checkRun(before.run(), 1);
    REQUIRE(cut);
    CHECK(cut.value().at(0).gaps.size() == 1);
    CHECK(cut.value().at(0).covered.last == at + 1);
}

TEST_CASE("event run: more gaps than a run may have are refused") {
    std::vector<wire::Gap> gaps;
    for (uint64_t at = 1; gaps.size() <= kGapsPerRunMax; ++at) {
        gaps.push_back(gap(at, at));
    }
    EventRun run{0, 1, gaps.size(), 0, gaps, {}};
    CHECK(isInvalid(run));
    run.gaps.pop_back();
    run.last_sequence = run.gaps.size();
    const auto slices = checkRun(run, 1);
    REQUIRE(slices);
    for (const RunSlice& slice : slices.value()) {
        CHECK(slice.rows() <= kSliceRowsMax);
    }
}

TEST_CASE("event run: restricting keeps exactly the wanted events and parts of gaps") {
    const RunSketch sketch(0, 1, 20, {gap(8, 12)});
    const auto slices = checkRun(sketch.run(), 1);
    REQUIRE(slices);
    const auto parts = restrictSlices(slices.value(), {{3, 4}, {10, 15}, {20, 20}});
    REQUIRE(parts.size() == 3);
    CHECK(parts.at(0).covered == base::Interval{3, 4});
    CHECK(parts.at(0).event_count == 2);
    CHECK(parts.at(0).gaps.empty());
    CHECK(parts.at(1).covered == base::Interval{10, 15});
    CHECK(parts.at(1).event_count == 3);
    REQUIRE(parts.at(1).gaps.size() == 1);
    CHECK(parts.at(1).gaps.front().first_missing == 10);
    CHECK(parts.at(1).gaps.front().last_missing == 12);
    CHECK(parts.at(2).event_count == 1);
    // What is left is itself a sound run.
    const RunSlice& middle = parts.at(1);
    CHECK_FALSE(isInvalid({0, 10, 15, middle.event_count, middle.gaps, middle.events}));
}

TEST_CASE("event run: restricting to everything changes nothing, to nothing leaves nothing") {
    const RunSketch sketch(0, 1, 20);
    const auto slices = checkRun(sketch.run(), 1);
    REQUIRE(slices);
    CHECK(restrictSlices(slices.value(), {{1, 20}}).front().event_count == 20);
    CHECK(restrictSlices(slices.value(), {}).empty());
    CHECK(restrictSlices(slices.value(), {{21, 30}}).empty());
}

}  // namespace
}  // namespace evd::store
