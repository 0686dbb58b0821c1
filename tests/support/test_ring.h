#pragma once

#include "common/kmes/ring_mapping.h"
#include "common/kmes/ring_writer.h"

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string_view>
#include <vector>

namespace evd::test {

// A ring of one cpu in this process, with a writer; consumers map it as another process would.
//
// Events carry a payload made from their number (checkedPayload), so that a reader can prove that
// what it got is whole and is what was written. On one thread, like a RingWriter; only mapConsumer,
// attach and capacity may be called from others meanwhile.
class TestRing {
  public:
    explicit TestRing(uint64_t capacity = kmes::kRingCapacityMin, uint16_t cpu = 0,
                      uint64_t first_sequence = 1);

    kmes::RingWriter& writer() { return *writer_; }
    const kmes::RingMemories& memories() const { return memories_; }
    uint64_t capacity() const;
    uint64_t nextSequence() const { return writer_->nextSequence(); }

    std::unique_ptr<kmes::RingMapping> mapConsumer() const;
    // The writable view of the bytes, for tests that damage them.
    std::unique_ptr<kmes::RingMapping> mapProducer() const;

    // One event of exactly event_bytes bytes, header included.
    void append(size_t event_bytes);
    void appendMany(size_t count, size_t event_bytes);

    // Forgets the writer and resumes from the memories, as a restarted producer does.
    void crashAndResume();

    // Swaps in a ring of another capacity. Consumers of the old one see the generation rise.
    void resize(uint64_t capacity);

    // What attaching to the current ring gives: its memories, duplicated, and its capacity.
    struct Attached {
        kmes::RingMemories memories;
        uint64_t capacity = 0;
    };
    Attached attach() const;

  private:
    uint16_t cpu_;
    mutable std::mutex mutex_;  // guards which ring is current
    uint64_t capacity_;
    kmes::RingWriter::SequenceCell next_sequence_;
    kmes::RingMemories memories_;
    std::unique_ptr<kmes::RingWriter> writer_;
};

inline constexpr std::string_view kTestEventType = "test.event";

// All from the first to the last one.
std::vector<uint64_t> numbersFrom(uint64_t first, uint64_t last);

// Bytes that depend on the number and on their length; checkedPayloadIsWhole recognises them.
std::vector<uint8_t> checkedPayload(uint64_t number, size_t bytes);
bool checkedPayloadIsWhole(uint64_t number, std::span<const uint8_t> payload);

}  // namespace evd::test
