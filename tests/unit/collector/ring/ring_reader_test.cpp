#include "collector/ring/ring_reader.h"

#include "common/base/thread.h"
#include "common/kmes/futex.h"
#include "tests/support/kernel_style_writer.h"
#include "tests/support/test_ring.h"

#include <doctest/doctest.h>
#include <atomic>
#include <cstring>
#include <memory>
#include <random>
#include <vector>

namespace base = evd::base;
namespace collector = evd::collector;
namespace kmes = evd::kmes;
using collector::EventBuffer;
using collector::ReadOutcome;
using collector::RingReader;
using evd::test::KernelStyleWriter;
using evd::test::numbersFrom;
using evd::test::TestRing;

namespace {

constexpr size_t kMegabyte = size_t{1024} * 1024;

std::unique_ptr<RingReader> readerOf(const TestRing& ring, uint64_t known_sequence = 0) {
    auto mapping = ring.mapConsumer();
    const uint64_t generation = mapping->generation();
    return std::make_unique<RingReader>(std::move(mapping), generation, known_sequence);
}

// Checks every event of the buffer to its last byte and gives back the sequence numbers.
std::vector<uint64_t> wholeEvents(const EventBuffer& buffer) {
    std::vector<uint64_t> sequences;
    auto rest = buffer.bytes();
    while (!rest.empty()) {
        const auto header = kmes::decodeEventHeader(rest);
        REQUIRE(header.ok());
        REQUIRE(evd::test::checkedPayloadIsWhole(header.value().sequence,
                                                 kmes::eventPayload(header.value(), rest)));
        sequences.push_back(header.value().sequence);
        rest = rest.subspan(header.value().event_bytes);
    }
    return sequences;
}

// Everything there is now, read run by run.
std::vector<uint64_t> readAll(RingReader& reader) {
    std::vector<uint64_t> all;
    while (true) {
        EventBuffer buffer;
        const auto outcome = reader.readRun(buffer, 4096, kMegabyte);
        if (outcome == ReadOutcome::Unreadable && reader.inDoubt()) {
            reader.waitForEvents(base::SystemClock(), 0, base::kNsPerUs);
            continue;
        }
        if (outcome != ReadOutcome::Events) {
            CHECK(outcome == ReadOutcome::Nothing);
            return all;
        }
        const auto sequences = wholeEvents(buffer);
        CHECK(sequences.size() == reader.frames().size());
        all.insert(all.end(), sequences.begin(), sequences.end());
    }
}

}  // namespace

TEST_CASE("ring reader: an empty ring gives nothing and takes no memory") {
    TestRing ring;
    const auto reader = readerOf(ring);
    EventBuffer buffer;
    CHECK(reader->readRun(buffer, 4096, kMegabyte) == ReadOutcome::Nothing);
    CHECK(buffer.room() == 0);
}

TEST_CASE("ring reader: a run is everything there is, in order") {
    TestRing ring;
    ring.appendMany(300, 200);
    const auto reader = readerOf(ring);
    EventBuffer buffer;
    REQUIRE(reader->readRun(buffer, 4096, kMegabyte) == ReadOutcome::Events);
    CHECK(wholeEvents(buffer) == numbersFrom(1, 300));
    CHECK(reader->unreadBytes() == 0);
    CHECK(reader->fillPercent() == 0);
    CHECK(reader->readRun(buffer, 4096, kMegabyte) == ReadOutcome::Nothing);
}

TEST_CASE("ring reader: many times round the ring, events across its end stay whole") {
    TestRing ring;
    const auto reader = readerOf(ring);
    std::vector<uint64_t> all;
    for (size_t i = 0; i < 500; ++i) {
        ring.appendMany(7, 100 + i * 13 % 3000);
        const auto some = readAll(*reader);
        all.insert(all.end(), some.begin(), some.end());
    }
    CHECK(all == numbersFrom(1, 3500));
    CHECK(reader->lapCount() == 0);
}

TEST_CASE("ring reader: a run keeps to the limits of events and bytes") {
    TestRing ring;
    ring.appendMany(100, 200);
    const auto reader = readerOf(ring);
    EventBuffer buffer;
    REQUIRE(reader->readRun(buffer, 10, kMegabyte) == ReadOutcome::Events);
    CHECK(buffer.size() == 2000);
    REQUIRE(reader->readRun(buffer, 4096, 3000) == ReadOutcome::Events);
    CHECK(buffer.size() == 3000);
    CHECK(reader->readRun(buffer, 4096, 3000) == ReadOutcome::NoRoom);
    CHECK(reader->readRun(buffer, 4096, 3199) == ReadOutcome::NoRoom);
    CHECK(reader->readRun(buffer, 4096, 3050) == ReadOutcome::NoRoom);
    REQUIRE(reader->readRun(buffer, 4096, 3200) == ReadOutcome::Events);
    CHECK(wholeEvents(buffer) == numbersFrom(1, 16));
}

// Ruling K4.
TEST_CASE("ring reader: an event of exactly half the capacity is read, alone in its buffer") {
    TestRing ring(4 * kMegabyte);
    ring.append(200);
    ring.append(2 * kMegabyte);
    ring.append(200);
    const auto reader = readerOf(ring);
    EventBuffer small;
    REQUIRE(reader->readRun(small, 4096, kMegabyte) == ReadOutcome::Events);
    CHECK(small.size() == 200);
    CHECK(reader->readRun(small, 4096, kMegabyte) == ReadOutcome::NoRoom);
    EventBuffer large;
    REQUIRE(reader->readRun(large, 4096, kMegabyte) == ReadOutcome::Events);
    CHECK(large.size() == 2 * kMegabyte);
    CHECK(wholeEvents(large) == numbersFrom(2, 2));
    CHECK(readAll(*reader) == numbersFrom(3, 3));
}

TEST_CASE("ring reader: a ring that holds one event at a time is read") {
    TestRing ring;
    const auto reader = readerOf(ring);
    for (uint64_t i = 1; i <= 20; ++i) {
        ring.append(ring.capacity() / 2);
        CHECK(readAll(*reader) == numbersFrom(i, i));
    }
}

TEST_CASE("ring reader: an event larger than a chunk joins a buffer that has room for it") {
    TestRing ring(4 * kMegabyte);
    ring.append(200);
    ring.append(collector::kChunkBytes + 1000);
    const auto reader = readerOf(ring);
    EventBuffer buffer;
    while (reader->readRun(buffer, 4096, kMegabyte) == ReadOutcome::Events) {
    }
    CHECK(wholeEvents(buffer) == numbersFrom(1, 2));
}

// Spec PSD-003 §5.1, lapping detection.
// Spec PSD-008 §3.3, ring buffer pressure signaling.
TEST_CASE("ring reader: the fill of the ring is told in percent, at most 100") {
    TestRing ring;
    const auto reader = readerOf(ring);
    ring.append(200);
    CHECK(reader->fillPercent() < 10);
    uint8_t before = 0;
    for (int step = 0; step < 2'000; ++step) {
        ring.append(200);
        CHECK(reader->fillPercent() >= before);
        before = reader->fillPercent();
    }
    CHECK(before == 100);
}

TEST_CASE("ring reader: a lapped reader goes on at the oldest surviving event") {
    TestRing ring;
    ring.appendMany(10, 1000);
    const auto reader = readerOf(ring);
    CHECK(readAll(*reader) == numbersFrom(1, 10));
    ring.appendMany(1000, 1000);
    const auto left = readAll(*reader);
    CHECK(left == numbersFrom(946, 1010));
    CHECK(reader->lapCount() == 1);
}

TEST_CASE("ring reader: a reader that attaches late begins at the oldest surviving event") {
    TestRing ring;
    ring.appendMany(1000, 1000);
    CHECK(readAll(*readerOf(ring)) == numbersFrom(936, 1000));
}

// Ruling K1.
TEST_CASE("ring reader: a corrupt slot is waited for, then skipped to where the writer is") {
    TestRing ring;
    ring.appendMany(20, 500);
    const auto reader = readerOf(ring);
    const auto damage = ring.mapProducer();
    SUBCASE("an event size of zero") {
        std::memset(damage->writableAt(5000), 0, 4);
    }
    SUBCASE("all ones") {
        std::memset(damage->writableAt(5000), 0xFF, 77);
    }
    SUBCASE("a sequence that goes back") {
        std::memset(damage->writableAt(5016), 0, 7);
    }
    SUBCASE("an event of another cpu") {
        std::memset(damage->writableAt(5024), 1, 1);
    }
    SUBCASE("a sequence beyond all counting") {
        std::memset(damage->writableAt(5016), 0xFF, 8);
    }
    EventBuffer buffer;
    REQUIRE(reader->readRun(buffer, 4096, kMegabyte) == ReadOutcome::Events);
    CHECK(wholeEvents(buffer) == numbersFrom(1, 10));
    for (int i = 0; i < 5; ++i) {
        CHECK(reader->readRun(buffer, 4096, kMegabyte) == ReadOutcome::Unreadable);
        CHECK(reader->readPosition() == 5000);
    }
    ring.append(500);
    CHECK(reader->readRun(buffer, 4096, kMegabyte) == ReadOutcome::Nothing);
    CHECK(reader->unreadableCount() == 1);
    ring.append(500);
    CHECK(readAll(*reader) == numbersFrom(22, 22));
}

TEST_CASE("ring reader: a corrupt slot that is overwritten in time costs only what was lapped") {
    TestRing ring;
    ring.appendMany(20, 500);
    const auto reader = readerOf(ring);
    std::memset(ring.mapProducer()->writableAt(0), 0, 77);
    EventBuffer buffer;
    CHECK(reader->readRun(buffer, 4096, kMegabyte) == ReadOutcome::Unreadable);
    // The writer meets the damage too and gives up what is unread; that is the same loss.
    ring.appendMany(200, 500);
    const auto left = readAll(*reader);
    CHECK(left.back() == 220);
    CHECK(reader->unreadableCount() == 0);
}

TEST_CASE("ring reader: an event larger than half the capacity is no event") {
    TestRing ring;
    ring.append(200);
    const auto damage = ring.mapProducer();
    kmes::EventHeader header;
    header.header_bytes = kmes::kEventHeaderBytes;
    header.event_bytes = static_cast<uint32_t>(ring.capacity() / 2 + 1);
    header.sequence = 2;
    kmes::encodeEventHeader(header, std::span<uint8_t, kmes::kEventHeaderBytes>(
                                        damage->writableAt(200), kmes::kEventHeaderBytes));
    damage->writableProducer().write_pos = 200 + header.event_bytes;
    const auto reader = readerOf(ring);
    EventBuffer buffer;
    CHECK(reader->readRun(buffer, 4096, kMegabyte) == ReadOutcome::Events);
    CHECK(reader->readRun(buffer, 4096, kMegabyte) == ReadOutcome::Unreadable);
}

TEST_CASE("ring reader: a page that lies about its positions costs bounded work") {
    TestRing ring;
    ring.appendMany(10, 500);
    const auto reader = readerOf(ring);
    CHECK(readAll(*reader) == numbersFrom(1, 10));
    const auto page = ring.mapProducer();
    EventBuffer buffer;
    page->writableProducer().write_pos = 100;
    CHECK(reader->readRun(buffer, 4096, kMegabyte) == ReadOutcome::Nothing);
    page->writableProducer().write_pos = 5000 + ring.capacity() + 1;
    CHECK(reader->readRun(buffer, 4096, kMegabyte) == ReadOutcome::Unreadable);
    page->writableProducer().write_pos = UINT64_MAX;
    CHECK(reader->readRun(buffer, 4096, kMegabyte) == ReadOutcome::Nothing);
    page->writableProducer().tail_pos = UINT64_MAX;
    page->writableProducer().write_pos = 0;
    CHECK(reader->readRun(buffer, 4096, kMegabyte) == ReadOutcome::Nothing);
}

TEST_CASE("ring reader: waiting ends at once when there is something, and by itself when not") {
    TestRing ring;
    const auto reader = readerOf(ring);
    const base::SystemClock clock;
    CHECK(readAll(*reader).empty());
    CHECK_FALSE(reader->waitForEvents(clock, 0, base::kNsPerMs));
    CHECK_FALSE(ring.writer().mapping().needWake());
    ring.append(100);
    CHECK(reader->waitForEvents(clock, 0, 60 * base::kNsPerSecond));
    CHECK(readAll(*reader) == numbersFrom(1, 1));
    ring.resize(2 * ring.capacity());
    CHECK(reader->waitForEvents(clock, 0, 60 * base::kNsPerSecond));
    CHECK(reader->generationChanged());
}

TEST_CASE("ring reader: a sleeping reader is woken by the next event") {
    TestRing ring;
    const auto reader = readerOf(ring);
    const base::SystemClock clock;
    constexpr uint64_t kEvents = 200;
    base::Thread writer("writer", [&] {
        for (uint64_t i = 0; i < kEvents;) {
            // An event whenever the reader says that it is about to sleep.
            if (ring.writer().mapping().needWake()) {
                ring.append(100);
                ++i;
            }
        }
    });
    std::vector<uint64_t> all;
    const int64_t began = clock.monotonicNs();
    while (all.size() < kEvents) {
        reader->waitForEvents(clock, 0, 10 * base::kNsPerSecond);
        const auto some = readAll(*reader);
        all.insert(all.end(), some.begin(), some.end());
    }
    writer.join();
    CHECK(all == numbersFrom(1, kEvents));
    // One wake slept through would have cost ten seconds.
    CHECK(clock.monotonicNs() - began < 9 * base::kNsPerSecond);
}

// A writer may be held up between a publication and its wake. If that wake ended a wait, an event
// that is not published yet could be taken for one that nobody is writing any more (D-5).
TEST_CASE("ring reader: a late wake without news does not make a wait a quiet one") {
    constexpr int64_t kWaitNs = 30 * base::kNsPerMs;
    TestRing ring;
    ring.appendMany(1500, 300);  // lapped, so that the run begins with a jump
    const auto reader = readerOf(ring);
    const base::SystemClock clock;
    EventBuffer buffer;
    REQUIRE(reader->readRun(buffer, 4096, kMegabyte) == ReadOutcome::Unreadable);
    REQUIRE(reader->inDoubt());
    std::atomic<bool> over = false;
    base::Thread waker("waker", [&] {
        while (!over) {
            kmes::wakeFutex(reader->mapping().futexWord());
        }
    });
    const int64_t began = clock.monotonicNs();
    CHECK_FALSE(reader->waitForEvents(clock, 0, kWaitNs));
    CHECK(clock.monotonicNs() - began >= kWaitNs);
    over = true;
    waker.join();
    CHECK(reader->readRun(buffer, 4096, kMegabyte) == ReadOutcome::Events);
}

namespace {

// A kernel is not interrupted between the bytes of a batch and their publication. A thread of ours
// is, for as long as a busy machine likes; so while it writes, quiet is what lasts longer than
// that.
constexpr int64_t kPublicationWaitNs = 10 * base::kNsPerSecond;

// Reads against a writer that laps it and returns how many events came; each one is checked whole,
// and the order is checked across runs.
uint64_t readAgainst(RingReader& reader, const std::atomic<bool>& writing) {
    uint64_t last = 0;
    uint64_t count = 0;
    bool finished = false;
    while (!finished) {
        finished = !writing;
        EventBuffer buffer;
        const auto outcome = reader.readRun(buffer, 4096, kMegabyte);
        if (outcome == ReadOutcome::Unreadable) {
            finished = false;
            reader.waitForEvents(base::SystemClock(), 0,
                                 writing ? kPublicationWaitNs : base::kNsPerMs);
        }
        if (outcome == ReadOutcome::Events) {
            finished = false;
            for (const uint64_t sequence : wholeEvents(buffer)) {
                REQUIRE(sequence > last);
                last = sequence;
                ++count;
            }
        }
    }
    return count;
}

constexpr uint64_t kLappingBytes = size_t{96} * 1024 * 1024;

}  // namespace

TEST_CASE(
    "ring reader: a writer that laps the reader all the time never makes it believe a torn event") {
    const auto seed = std::random_device{}();
    INFO("seed ", seed);
    TestRing ring;
    const auto reader = readerOf(ring);
    std::atomic<bool> writing = true;
    base::Thread writer("writer", [&] {
        std::mt19937_64 random(seed);
        for (uint64_t written = 0; written < kLappingBytes;) {
            const size_t bytes = 100 + random() % (random() % 50 == 0 ? 30000 : 900);
            ring.append(bytes);
            written += bytes;
        }
        writing = false;
    });
    const uint64_t count = readAgainst(*reader, writing);
    writer.join();
    CHECK(count > 0);
    CHECK(reader->readPosition() == ring.writer().mapping().writePosition());
    CHECK(reader->unreadableCount() == 0);
}

namespace {

// Reads against a writer that publishes its tail late, with batches of these sizes.
void readAgainstKernel(uint64_t seed, size_t bytes_min, size_t bytes_max, size_t batch_max) {
    TestRing ring;
    const auto reader = readerOf(ring);
    std::atomic<bool> writing = true;
    base::Thread writer("writer", [&] {
        std::mt19937_64 random(seed);
        KernelStyleWriter kernel(ring.mapProducer(), 1);
        for (uint64_t written = 0; written < kLappingBytes;) {
            std::vector<size_t> batch(1 + random() % batch_max);
            for (size_t& bytes : batch) {
                bytes = bytes_min + random() % (bytes_max - bytes_min + 1);
                written += bytes;
            }
            kernel.emitBatch(batch);
        }
        writing = false;
    });
    const uint64_t count = readAgainst(*reader, writing);
    writer.join();
    CHECK(count > 0);
    MESSAGE("read ", count, " events, given up ", reader->unreadableCount(), " times");
}

}  // namespace

// peios-abi D-5: the order that a tail re-check alone does not survive.
TEST_CASE(
    "ring reader: a writer that publishes its tail late does not get torn events through either") {
    const auto seed = std::random_device{}();
    INFO("seed ", seed);
    readAgainstKernel(seed, 100, 1000, 40);
}

// The new event then begins exactly where the old one did, and its header is in place, sound and
// stable while its payload is still being written.
TEST_CASE("ring reader: an unpublished event that lies exactly over an old one is not believed") {
    const auto seed = std::random_device{}();
    INFO("seed ", seed);
    readAgainstKernel(seed, 256, 256, 250);
    readAgainstKernel(seed, 8192, 8192, 7);
}

// A writer may publish for the last time between two looks of the reader, which is then in doubt
// about something that nothing will settle but a quiet wait; it must take that wait.
TEST_CASE("ring reader: what is in doubt when the writer falls silent is settled by one wait") {
    constexpr int kRounds = 500;
    constexpr int kTurnsMax = 1000;
    const base::SystemClock clock;
    TestRing ring;
    ring.appendMany(1500, 300);  // lapped, so that whoever comes new begins with a jump
    for (int round = 0; round < kRounds; ++round) {
        const auto reader = readerOf(ring);
        std::atomic<bool> ready = false;
        std::atomic<bool> reading = false;
        std::atomic<bool> silent = false;
        base::Thread writer("writer", [&] {
            ready = true;
            while (!reading) {
            }
            const int64_t until = clock.monotonicNs() + round % 50 * base::kNsPerUs / 2;
            while (clock.monotonicNs() < until) {
            }
            ring.append(300);
            silent = true;
        });
        while (!ready) {
        }
        reading = true;
        int turns = 0;
        while (!silent || reader->readPosition() < reader->mapping().writePosition()) {
            EventBuffer buffer;
            const auto outcome = reader->readRun(buffer, 4096, kMegabyte);
            if (outcome == ReadOutcome::Unreadable || outcome == ReadOutcome::Nothing) {
                reader->waitForEvents(clock, 0, base::kNsPerMs / 10);
            }
            turns += silent ? 1 : 0;
            REQUIRE(turns < kTurnsMax);
        }
    }
}
