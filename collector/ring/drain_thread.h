#pragma once

#include "collector/ring/batch_window.h"
#include "collector/ring/ring_follower.h"
#include "common/base/clock.h"
#include "common/base/thread.h"

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>

namespace evd::collector {

// Figures of one ring, as of the last time its drain thread looked.
struct DrainFigures {
    uint64_t capacity = 0;
    uint64_t unread_bytes = 0;
    uint64_t events = 0;
    uint64_t batches = 0;
    uint64_t gaps = 0;
    uint64_t lost_events = 0;
    uint64_t laps = 0;
    uint64_t unreadable = 0;  // times that a stretch of the ring was given up as damaged
    uint64_t replacements = 0;
};

// The thread that drains one cpu's ring, and no other, into its window (Spec PSD-008 §2.2).
//
// Reads whenever the window has room and hands a batch over as soon as the ring is drained or the
// batch is full; waiting for more would only delay what is here. With a full window it does not
// read, and the ring absorbs. Made by the service, which joins it by destroying it; source and
// window outlive it. After requestDrain it reads what is in the ring at that moment and ends;
// requestStop ends it without. Notices either within kRingWaitNs.
class DrainThread {
  public:
    DrainThread(RingSource& source, FoundRing ring, SequenceTracker tracker, BatchWindow& window,
                const base::Clock& clock);
    ~DrainThread();
    DrainThread(const DrainThread&) = delete;
    DrainThread& operator=(const DrainThread&) = delete;

    void requestDrain() { drain_requested_ = true; }
    void requestStop() { stop_requested_ = true; }
    // Everything that will be handed in has been. The bell of the window is rung once more then.
    bool finished() const { return finished_; }

    uint16_t cpu() const { return cpu_; }
    DrainFigures figures() const;

  private:
    void run();
    bool readOnce();
    bool atDrainEnd(RingFollower::Progress progress);
    void handBatches();
    void publishFigures();

    uint16_t cpu_;
    RingFollower follower_;
    BatchWindow& window_;
    std::string last_failure_;
    std::optional<uint64_t> end_position_;  // what there was when the drain began
    bool unreadable_before_ = false;
    uint8_t fill_percent_ = 0;  // of the ring, before the last read

    std::atomic<bool> drain_requested_ = false;
    std::atomic<bool> stop_requested_ = false;
    std::atomic<bool> finished_ = false;

    std::atomic<uint64_t> capacity_ = 0;
    std::atomic<uint64_t> unread_bytes_ = 0;
    std::atomic<uint64_t> events_ = 0;
    std::atomic<uint64_t> batches_ = 0;
    std::atomic<uint64_t> gaps_ = 0;
    std::atomic<uint64_t> lost_events_ = 0;
    std::atomic<uint64_t> laps_ = 0;
    std::atomic<uint64_t> unreadable_ = 0;
    std::atomic<uint64_t> replacements_ = 0;

    base::Thread thread_;  // last: begins when everything above is there
};

}  // namespace evd::collector
