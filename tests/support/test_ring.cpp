#include "tests/support/test_ring.h"

#include "common/base/check.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <utility>

namespace evd::test {

namespace {

template <typename Value>
Value expect(base::Result<Value> result) {
    EVD_CHECK(result.ok(), result.error().text.c_str());
    return std::move(result).value();
}

std::unique_ptr<kmes::RingMapping> map(const kmes::RingMemories& memories, uint16_t cpu,
                                       uint64_t capacity, kmes::RingAccess access) {
    return expect(kmes::RingMapping::mapMemories(memories.producer.get(), memories.consumer.get(),
                                                 cpu, capacity, access));
}

constexpr size_t kWordBytes = sizeof(uint64_t);

// A cheap generator of eight bytes, each of which depends on the number and on its place.
std::array<uint8_t, kWordBytes> patternWord(uint64_t number, size_t at) {
    uint64_t mixed = (number * 0x9E37'79B9'7F4A'7C15ULL) ^ (at * 0xC2B2'AE3D'27D4'EB4FULL);
    mixed = (mixed ^ (mixed >> 32)) * 0x9E37'79B9'7F4A'7C15ULL;
    return std::bit_cast<std::array<uint8_t, kWordBytes>>(mixed ^ (mixed >> 32));
}

}  // namespace

TestRing::TestRing(uint64_t capacity, uint16_t cpu, uint64_t first_sequence)
    : cpu_(cpu),
      capacity_(capacity),
      next_sequence_(first_sequence),
      memories_(expect(kmes::makeRingMemories(capacity))) {
    writer_ = kmes::RingWriter::startFresh(
        map(memories_, cpu_, capacity, kmes::RingAccess::Producer), next_sequence_);
}

uint64_t TestRing::capacity() const {
    const std::lock_guard lock(mutex_);
    return capacity_;
}

TestRing::Attached TestRing::attach() const {
    const std::lock_guard lock(mutex_);
    return {{expect(memories_.producer.duplicate()), expect(memories_.consumer.duplicate())},
            capacity_};
}

std::unique_ptr<kmes::RingMapping> TestRing::mapConsumer() const {
    const Attached attached = attach();
    return map(attached.memories, cpu_, attached.capacity, kmes::RingAccess::Consumer);
}

std::unique_ptr<kmes::RingMapping> TestRing::mapProducer() const {
    return map(memories_, cpu_, writer_->mapping().capacity(), kmes::RingAccess::Producer);
}

void TestRing::append(size_t event_bytes) {
    const size_t overhead = kmes::kEventHeaderBytes + kTestEventType.size();
    EVD_CHECK(event_bytes >= overhead, "an event is at least its header");
    const auto payload = checkedPayload(nextSequence(), event_bytes - overhead);
    kmes::EventStamp stamp;
    stamp.timestamp_ns = nextSequence() * 1000;
    const auto appended = writer_->append(stamp, kmes::EmitEntry{kTestEventType, payload});
    EVD_CHECK(appended.ok(), "a test event must fit its ring");
}

void TestRing::appendMany(size_t count, size_t event_bytes) {
    for (size_t i = 0; i < count; ++i) {
        append(event_bytes);
    }
}

void TestRing::crashAndResume() {
    const uint64_t old_capacity = capacity();
    writer_.reset();
    writer_ = expect(kmes::RingWriter::resume(
        map(memories_, cpu_, old_capacity, kmes::RingAccess::Producer), next_sequence_));
}

void TestRing::resize(uint64_t capacity) {
    auto memories = expect(kmes::makeRingMemories(capacity));
    auto successor =
        writer_->makeSuccessor(map(memories, cpu_, capacity, kmes::RingAccess::Producer));
    std::swap(writer_, successor);
    {
        const std::lock_guard lock(mutex_);
        memories_ = std::move(memories);
        capacity_ = capacity;
    }
    successor->retire();
}

std::vector<uint64_t> numbersFrom(uint64_t first, uint64_t last) {
    std::vector<uint64_t> all;
    for (uint64_t i = first; i <= last; ++i) {
        all.push_back(i);
    }
    return all;
}

std::vector<uint8_t> checkedPayload(uint64_t number, size_t bytes) {
    std::vector<uint8_t> payload(bytes);
    for (size_t at = 0; at < bytes; at += kWordBytes) {
        const auto word = patternWord(number, at);
        std::memcpy(&payload[at], word.data(), std::min(kWordBytes, bytes - at));
    }
    return payload;
}

bool checkedPayloadIsWhole(uint64_t number, std::span<const uint8_t> payload) {
    for (size_t at = 0; at < payload.size(); at += kWordBytes) {
        const auto word = patternWord(number, at);
        if (std::memcmp(&payload[at], word.data(), std::min(kWordBytes, payload.size() - at)) !=
            0) {
            return false;
        }
    }
    return true;
}

}  // namespace evd::test
