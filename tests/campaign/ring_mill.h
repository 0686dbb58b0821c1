#pragma once

#include "common/base/clock.h"
#include "common/base/thread.h"
#include "tests/campaign/findings.h"
#include "tests/support/ring_account.h"
#include "tests/support/test_ring.h"

#include <atomic>
#include <cstdint>
#include <deque>
#include <random>
#include <vector>

namespace evd::test {

// The producer of one cpu's ring, with the real ring writer, that does to it whatever can happen to
// a ring: it laps its reader, writes events of any size a ring takes, swaps the ring for another,
// drops numbers, dies in the middle and goes on, and damages what it has written.
//
// Remembers of each number what was written under it and what befell it, which is what the checker
// goes by; and now and then it is gentle for some seconds, in a large ring, so that there are
// numbers that nothing befalls and that no reader may lose. Damage is of every kind that a reader
// can tell from an event, and of payloads and types, which it cannot; but never a number that is
// greater than it was: a writer that lies so is believed, there is nothing to tell it by, and the
// reader would wait for ever for what comes behind. Runs on a thread of its own until stop(), which
// makes sure that the last events are sound ones.
class RingMill {
  public:
    RingMill(uint16_t cpu, uint64_t seed, Findings& findings);
    ~RingMill() { stop(); }

    void stop();
    // Any thread.
    TestRing::Attached attach();
    // Whoever reads this ring was killed.
    void readerKilled() { account_.readerLeft(nowMs()); }

    // After stop().
    uint16_t cpu() const { return cpu_; }
    uint64_t lastSequence() const { return written_.size(); }
    bool wasWritten(uint64_t sequence) const;
    const RingAccount& account() const { return account_; }
    size_t payloadBytes(uint64_t sequence) const { return written_.at(sequence - 1); }

  private:
    // Where an event lies.
    struct Placed {
        uint64_t position;
        uint64_t sequence;
        size_t bytes;
    };
    static constexpr uint32_t kNotWritten = ~uint32_t{0};

    void run();
    void step();
    void appendBatch(size_t count, size_t payload_bytes_max);
    void append(const std::vector<size_t>& payload_bytes);
    void lap();
    void appendLargest();
    void resizeOnce();
    void resizeTo(uint64_t capacity);
    void dropSome();
    void crash();
    void damage();
    void damageHeader(uint8_t* header);
    void noteUnwritten();
    void noteGone(uint64_t tail);
    int64_t nowMs() const { return clock_.monotonicNs() / base::kNsPerMs; }
    uint64_t below(uint64_t limit) { return random_() % limit; }

    const uint16_t cpu_;
    Findings& findings_;
    const base::SystemClock clock_;
    std::mt19937_64 random_;
    TestRing ring_;
    std::vector<uint32_t> written_;  // by number, from 1 on: bytes of payload
    std::vector<Placed> newest_;
    std::deque<Placed> kept_;  // what is in the ring, oldest first
    uint64_t steps_ = 0;
    RingAccount account_;
    std::atomic<bool> stopping_ = false;
    base::Thread thread_;
};

}  // namespace evd::test
