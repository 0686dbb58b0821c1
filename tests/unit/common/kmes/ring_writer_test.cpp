#include "common/kmes/ring_writer.h"

#include "tests/support/test_ring.h"

#include <doctest/doctest.h>
#include <cstring>
#include <random>
#include <string>
#include <vector>

namespace base = evd::base;
namespace kmes = evd::kmes;
using evd::test::checkedPayloadIsWhole;
using evd::test::numbersFrom;
using evd::test::TestRing;
using kmes::EmitEntry;

namespace {

// The sequence numbers between tail and write position, each event checked to its last byte.
std::vector<uint64_t> survivors(const TestRing& ring) {
    const auto mapping = ring.mapConsumer();
    std::vector<uint64_t> sequences;
    uint64_t at = mapping->tailPosition();
    const uint64_t end = mapping->writePosition();
    REQUIRE(at <= end);
    REQUIRE(end - at <= mapping->capacity());
    while (at < end) {
        const std::span bytes(mapping->at(at), end - at);
        const auto header = kmes::decodeEventHeader(bytes);
        REQUIRE(header.ok());
        CHECK(header.value().cpu == mapping->cpu());
        CHECK(checkedPayloadIsWhole(header.value().sequence,
                                    kmes::eventPayload(header.value(), bytes)));
        sequences.push_back(header.value().sequence);
        at += header.value().event_bytes;
    }
    CHECK(at == end);
    return sequences;
}

}  // namespace

// Spec PSD-003 §2.1: the first event has sequence 1.
TEST_CASE("ring writer: the first event of a fresh ring has sequence 1") {
    TestRing ring(kmes::kRingCapacityMin, 5, 0);
    ring.appendMany(3, 100);
    CHECK(survivors(ring) == numbersFrom(1, 3));
    CHECK(ring.nextSequence() == 4);
}

TEST_CASE("ring writer: an event carries its stamp") {
    TestRing ring(kmes::kRingCapacityMin, 9);
    kmes::EventStamp stamp;
    stamp.timestamp_ns = 77;
    stamp.origin_class = kmes::kOriginLcs;
    stamp.effective_token.bytes.fill(1);
    stamp.true_token.bytes.fill(2);
    stamp.process.bytes.fill(3);
    REQUIRE(ring.writer().append(stamp, EmitEntry{"a.b", {}}).ok());
    const auto mapping = ring.mapConsumer();
    const std::span bytes(mapping->at(0), mapping->writePosition());
    const auto header = kmes::decodeEventHeader(bytes);
    REQUIRE(header.ok());
    CHECK(header.value().timestamp_ns == 77);
    CHECK(header.value().cpu == 9);
    CHECK(header.value().origin_class == kmes::kOriginLcs);
    CHECK(header.value().effective_token == stamp.effective_token);
    CHECK(header.value().true_token == stamp.true_token);
    CHECK(header.value().process == stamp.process);
    CHECK(kmes::eventType(header.value(), bytes) == "a.b");
    CHECK(kmes::eventPayload(header.value(), bytes).empty());
}

// Spec PSD-003 §5.1 write step 6.
TEST_CASE("ring writer: a full ring overwrites its oldest events, whole ones only") {
    TestRing ring;
    ring.appendMany(1000, 1000);
    const auto left = survivors(ring);
    REQUIRE_FALSE(left.empty());
    CHECK(left == numbersFrom(1001 - left.size(), 1000));
    CHECK(left.size() == 65);
}

TEST_CASE("ring writer: an event of exactly half the capacity fits, one byte more does not") {
    TestRing ring;
    const size_t half = ring.capacity() / 2;
    ring.append(half);
    ring.append(half);
    CHECK(survivors(ring) == numbersFrom(1, 2));
    ring.append(half);
    CHECK(survivors(ring) == numbersFrom(2, 3));
    const std::vector<uint8_t> payload(half - kmes::kEventHeaderBytes);
    CHECK_FALSE(ring.writer().fits({"t", payload}));
    const auto refused = ring.writer().append({}, EmitEntry{"t", payload});
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().kind == base::ErrorKind::Invalid);
    CHECK(survivors(ring) == numbersFrom(2, 3));
    CHECK(ring.nextSequence() == 4);
}

TEST_CASE("ring writer: one event that does not fit keeps its whole batch out") {
    TestRing ring;
    const std::vector<uint8_t> huge(ring.capacity());
    const std::vector<EmitEntry> entries = {{"t", {}}, {"t", huge}, {"t", {}}};
    CHECK_FALSE(ring.writer().append({}, entries).ok());
    const std::string long_type(65536, 't');
    CHECK_FALSE(ring.writer().append({}, EmitEntry{long_type, {}}).ok());
    CHECK(survivors(ring).empty());
}

TEST_CASE("ring writer: a dropped event leaves a gap in the sequence") {
    TestRing ring;
    ring.append(100);
    ring.writer().dropEvent();
    ring.append(100);
    CHECK(survivors(ring) == std::vector<uint64_t>{1, 3});
}

TEST_CASE("ring writer: a batch is published once and wakes once") {
    TestRing ring;
    const auto consumer = ring.mapConsumer();
    consumer->setNeedWake(true);
    const std::vector<EmitEntry> entries(200, EmitEntry{"t", {}});
    REQUIRE(ring.writer().append({}, entries).ok());
    CHECK(consumer->futexCounter() == 1);
    consumer->setNeedWake(false);
    REQUIRE(ring.writer().append({}, entries).ok());
    CHECK(consumer->futexCounter() == 1);
}

TEST_CASE("ring writer: a batch larger than the ring leaves its newest events") {
    TestRing ring;
    const std::vector<uint8_t> payload(1000);
    const std::vector<EmitEntry> entries(256, EmitEntry{"t", payload});
    REQUIRE(ring.writer().append({}, entries).ok());
    const auto mapping = ring.mapConsumer();
    CHECK(mapping->tailPosition() <= mapping->writePosition());
    CHECK(mapping->writePosition() - mapping->tailPosition() <= ring.capacity());
    CHECK(ring.nextSequence() == 257);
}

TEST_CASE("ring writer: a tail that makes no sense loses what is unread and nothing else") {
    TestRing ring;
    ring.appendMany(60, 1000);
    const auto producer = ring.mapProducer();
    std::memset(producer->writableAt(0), 0, 200);
    ring.appendMany(10, 1000);
    CHECK(survivors(ring) == numbersFrom(66, 70));
}

TEST_CASE("ring writer: a restarted producer goes on where its predecessor was killed") {
    TestRing ring;
    ring.appendMany(300, 500);
    const auto before = survivors(ring);
    ring.crashAndResume();
    CHECK(survivors(ring) == before);
    ring.append(500);
    CHECK(survivors(ring).back() == 301);
}

TEST_CASE("ring writer: an empty ring remembers its next sequence in the cell") {
    TestRing ring(kmes::kRingCapacityMin, 0, 41);
    ring.crashAndResume();
    ring.append(100);
    CHECK(survivors(ring) == numbersFrom(41, 41));
}

TEST_CASE("ring writer: a crash between publishing and counting gives no number twice") {
    TestRing ring;
    ring.appendMany(5, 100);
    // The cell as it was before the last event was counted.
    kmes::RingWriter::SequenceCell stale(5);
    auto resumed = kmes::RingWriter::resume(ring.mapProducer(), stale);
    REQUIRE(resumed.ok());
    CHECK(resumed.value()->nextSequence() == 6);
}

TEST_CASE("ring writer: what was written but not published never happened") {
    TestRing ring;
    ring.appendMany(5, 100);
    const auto producer = ring.mapProducer();
    std::memset(producer->writableAt(500), 0xAB, 300);
    ring.crashAndResume();
    ring.append(100);
    CHECK(survivors(ring) == numbersFrom(1, 6));
}

TEST_CASE("ring writer: resuming from damaged memory loses the unread and skips used numbers") {
    TestRing ring;
    ring.appendMany(50, 100);
    const auto producer = ring.mapProducer();
    SUBCASE("an event is damaged") {
        std::memset(producer->writableAt(1000), 0xFF, 50);
    }
    SUBCASE("the tail is ahead of the write position") {
        producer->writableProducer().tail_pos = 1'000'000;
    }
    SUBCASE("the tail is more than a ring behind") {
        producer->writableProducer().write_pos = 10 * ring.capacity();
    }
    ring.crashAndResume();
    CHECK(survivors(ring).empty());
    CHECK(ring.nextSequence() > 50);
    ring.append(100);
    CHECK(survivors(ring).size() == 1);
}

TEST_CASE("ring writer: memory of another ring is not resumed") {
    TestRing ring;
    ring.mapProducer()->writableProducer().magic[0] = 0;
    kmes::RingWriter::SequenceCell cell(1);
    CHECK_FALSE(kmes::RingWriter::resume(ring.mapProducer(), cell).ok());
}

// Spec PSD-003 §5.1, generation check and buffer swap.
TEST_CASE("ring writer: growing keeps every event and raises the generation of both rings") {
    TestRing ring;
    ring.appendMany(500, 700);
    const auto before = survivors(ring);
    const auto old = ring.mapConsumer();
    old->setNeedWake(true);
    ring.resize(4 * kmes::kRingCapacityMin);
    CHECK(survivors(ring) == before);
    const auto fresh = ring.mapConsumer();
    CHECK(fresh->tailPosition() == 0);
    CHECK(fresh->generation() == 2);
    CHECK(old->generation() == 2);
    CHECK(old->futexCounter() == 1);
    ring.append(700);
    CHECK(survivors(ring).back() == 501);
    CHECK(survivors(ring).size() == before.size() + 1);
}

TEST_CASE("ring writer: shrinking drops the oldest events that do not fit") {
    TestRing ring(4 * kmes::kRingCapacityMin);
    ring.appendMany(250, 1000);
    ring.resize(kmes::kRingCapacityMin);
    CHECK(survivors(ring) == numbersFrom(186, 250));
    ring.append(1000);
    CHECK(survivors(ring) == numbersFrom(187, 251));
}

TEST_CASE("ring writer: shrinking never leaves an event that the smaller ring could not hold") {
    TestRing ring(4 * kmes::kRingCapacityMin);
    ring.append(1000);
    ring.append(kmes::kRingCapacityMin / 2 + 1);
    ring.append(1000);
    ring.resize(kmes::kRingCapacityMin);
    CHECK(survivors(ring) == numbersFrom(3, 3));
}

TEST_CASE("ring writer: random appends, drops, crashes and resizes keep a model's promises") {
    const auto seed = std::random_device{}();
    INFO("seed ", seed);
    std::mt19937_64 random(seed);
    TestRing ring;
    uint64_t drops = 0;
    for (int step = 0; step < 3000; ++step) {
        const auto dice = random() % 100;
        if (dice < 90) {
            const uint64_t largest = ring.capacity() / 2;
            const uint64_t limit = random() % 20 == 0 ? largest : 2000;
            ring.append(87 + random() % (limit - 86));
        } else if (dice < 93) {
            ring.writer().dropEvent();
            ++drops;
        } else if (dice < 96) {
            ring.crashAndResume();
        } else {
            ring.resize(kmes::kRingCapacityMin << (random() % 4));
        }
        if (step % 50 == 0) {
            const auto left = survivors(ring);
            for (size_t i = 1; i < left.size(); ++i) {
                REQUIRE(left[i] > left[i - 1]);
            }
            if (!left.empty()) {
                REQUIRE(left.back() < ring.nextSequence());
                REQUIRE(ring.nextSequence() - left.back() <= drops + 1);
            }
        }
    }
}
