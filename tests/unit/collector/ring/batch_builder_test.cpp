#include "collector/ring/batch_builder.h"

#include "tests/unit/collector/ring/ring_fixture.h"

#include <doctest/doctest.h>
#include <cstring>
#include <random>
#include <vector>

namespace base = evd::base;
namespace collector = evd::collector;
namespace kmes = evd::kmes;
namespace wire = evd::wire;
using collector::BatchBuilder;
using collector::EventBatch;
using collector::SequenceTracker;
using evd::test::StoreModel;

namespace {

constexpr size_t kPayloadBytes = 20;

// Puts events with these numbers into the builder as one run.
void addRun(BatchBuilder& builder, const std::vector<uint64_t>& sequences) {
    auto& buffer = builder.buffer();
    const size_t run_start = buffer.size();
    std::vector<kmes::EventFrame> frames;
    for (const uint64_t sequence : sequences) {
        kmes::EventHeader header;
        header.header_bytes = kmes::kEventHeaderBytes;
        header.event_bytes = kmes::kEventHeaderBytes + kPayloadBytes;
        header.timestamp_ns = sequence * 10;
        header.sequence = sequence;
        buffer.makeRoom(header.event_bytes);
        kmes::encodeEventHeader(header, std::span<uint8_t, kmes::kEventHeaderBytes>(
                                            buffer.end(), kmes::kEventHeaderBytes));
        const auto payload = evd::test::checkedPayload(sequence, kPayloadBytes);
        std::memcpy(buffer.end() + kmes::kEventHeaderBytes, payload.data(), payload.size());
        buffer.grow(header.event_bytes);
        frames.push_back({header.event_bytes, header.timestamp_ns, sequence, 0});
    }
    builder.addRun(run_start, frames);
}

BatchBuilder builderHolding(const std::vector<base::Interval>& held) {
    base::IntervalSet set;
    for (const auto& interval : held) {
        set.add(interval);
    }
    return BatchBuilder(0, SequenceTracker(set));
}

std::vector<EventBatch> finish(BatchBuilder& builder) {
    builder.finishBatch();
    auto batches = builder.takeFinished();
    StoreModel model;
    for (const auto& batch : batches) {
        model.take(batch);
    }
    return batches;
}

}  // namespace

TEST_CASE("batch builder: runs that follow on are one batch") {
    auto builder = builderHolding({});
    addRun(builder, {1, 2, 3});
    addRun(builder, {4, 5});
    CHECK(builder.eventCount() == 5);
    const auto batches = finish(builder);
    REQUIRE(batches.size() == 1);
    CHECK(batches[0].first_sequence == 1);
    CHECK(batches[0].last_sequence == 5);
    CHECK(batches[0].event_count == 5);
    CHECK(batches[0].gaps.empty());
    CHECK(batches[0].newest_timestamp_ns == 50);
    CHECK(finish(builder).empty());
}

TEST_CASE("batch builder: gaps in front and in the middle belong to the batch") {
    auto builder = builderHolding({});
    addRun(builder, {3, 4, 8});
    const auto batches = finish(builder);
    REQUIRE(batches.size() == 1);
    CHECK(batches[0].first_sequence == 1);
    CHECK(batches[0].last_sequence == 8);
    CHECK(batches[0].gaps == std::vector<wire::Gap>{{1, 2, 0, 30}, {5, 7, 40, 80}});
    CHECK(builder.gapCount() == 2);
    CHECK(builder.lostCount() == 5);
    CHECK(builder.takenCount() == 3);
}

TEST_CASE("batch builder: what the store holds is taken out of the bytes") {
    auto builder = builderHolding({{1, 4}});
    addRun(builder, {2, 3, 4, 5, 6});
    const auto batches = finish(builder);
    REQUIRE(batches.size() == 1);
    CHECK(batches[0].first_sequence == 5);
    CHECK(batches[0].event_count == 2);
    CHECK(batches[0].before_timestamp_ns == 40);
}

TEST_CASE("batch builder: a run that is held entirely leaves nothing") {
    auto builder = builderHolding({{1, 100}});
    addRun(builder, {50, 51, 52});
    CHECK(builder.buffer().empty());
    CHECK(finish(builder).empty());
}

TEST_CASE("batch builder: a held range in the middle separates two batches") {
    auto builder = builderHolding({{4, 6}});
    addRun(builder, {1, 2, 3, 4, 5, 6, 7, 8});
    const auto batches = finish(builder);
    REQUIRE(batches.size() == 2);
    CHECK(batches[0].last_sequence == 3);
    CHECK(batches[1].first_sequence == 7);
    CHECK(batches[1].last_sequence == 8);
    CHECK(batches[1].before_timestamp_ns == 60);
}

TEST_CASE("batch builder: lost holes between held ranges become batches of gaps alone") {
    auto builder = builderHolding({{5, 10}, {15, 20}});
    addRun(builder, {25, 26});
    const auto batches = finish(builder);
    REQUIRE(batches.size() == 3);
    CHECK(batches[0].gaps == std::vector<wire::Gap>{{1, 4, 0, 250}});
    CHECK(batches[0].event_count == 0);
    CHECK(batches[1].gaps == std::vector<wire::Gap>{{11, 14, 0, 250}});
    CHECK(batches[2].gaps == std::vector<wire::Gap>{{21, 24, 0, 250}});
    CHECK(batches[2].event_count == 2);
}

TEST_CASE("event batch: halves cover what the whole did, a gap goes with the event behind it") {
    auto builder = builderHolding({{1, 4}});
    addRun(builder, {4, 5, 8, 9, 11});
    auto batches = finish(builder);
    REQUIRE(batches.size() == 1);
    EventBatch front = std::move(batches[0]);
    REQUIRE(front.event_count == 4);
    auto half = collector::splitOffHalf(front);
    REQUIRE(half);
    CHECK(front.first_sequence == 5);
    CHECK(front.last_sequence == 8);
    CHECK(front.event_count == 2);
    CHECK(front.gaps.size() == 1);
    CHECK(front.newest_timestamp_ns == 80);
    CHECK(half->first_sequence == 9);
    CHECK(half->last_sequence == 11);
    CHECK(half->event_count == 2);
    CHECK(half->gaps == std::vector<wire::Gap>{{10, 10, 90, 110}});
    CHECK(half->before_timestamp_ns == 80);
    CHECK(half->newest_timestamp_ns == 110);
    StoreModel model;
    model.take(front);
    model.take(*half);
    const auto quarter = collector::splitOffHalf(front);
    REQUIRE(quarter);
    CHECK(front.event_count == 1);
    CHECK_FALSE(collector::splitOffHalf(front));
    // The gap before it.
    CHECK(quarter->first_sequence == 6);
    CHECK(quarter->gaps.size() == 1);
}

TEST_CASE("event batch: what cannot be read is not split") {
    auto builder = builderHolding({});
    addRun(builder, {1, 2, 3, 4});
    auto batches = finish(builder);
    EventBatch& batch = batches[0];
    batch.events.cutTo(batch.events.size() / 4 - 1);
    CHECK_FALSE(collector::splitOffHalf(batch));
    CHECK(batch.event_count == 4);
    CHECK(batch.last_sequence == 4);
}

TEST_CASE("batch builder: a refused batch turns into one gap over its whole range") {
    auto builder = builderHolding({{1, 4}});
    addRun(builder, {4, 5, 6, 9});
    const auto batches = finish(builder);
    REQUIRE(batches.size() == 1);
    const auto lost = collector::gapInsteadOf(batches[0]);
    CHECK(lost.event_count == 0);
    CHECK(lost.events.empty());
    CHECK(lost.gaps == std::vector<wire::Gap>{{5, 9, 40, 90}});
    StoreModel model;
    model.take(lost);
}

TEST_CASE("batch builder: whatever is held and lost, each number is accounted for once") {
    const auto seed = std::random_device{}();
    INFO("seed ", seed);
    std::mt19937_64 random(seed);
    for (int round = 0; round < 300; ++round) {
        base::IntervalSet held;
        for (uint64_t at = 1 + random() % 5; at < 200; at += 2 + random() % 40) {
            held.add({at, at + random() % 20});
        }
        BatchBuilder builder(0, SequenceTracker(held));
        StoreModel model;
        uint64_t last = 0;
        for (int run = 0; run < 12; ++run) {
            std::vector<uint64_t> sequences;
            for (size_t i = 0; i < random() % 30; ++i) {
                last += random() % 8 == 0 ? 1 + random() % 15 : 1;
                sequences.push_back(last);
            }
            addRun(builder, sequences);
            if (random() % 3 == 0) {
                builder.finishBatch();
            }
        }
        builder.finishBatch();
        for (const auto& batch : builder.takeFinished()) {
            model.take(batch);
        }
        // What was accounted for is exactly what was not held.
        const auto taken = model.held();
        for (uint64_t sequence = 1; sequence <= last; ++sequence) {
            REQUIRE(taken.contains(sequence) != held.contains(sequence));
        }
    }
}
