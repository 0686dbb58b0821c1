#include "collector/ring/drain_thread.h"

#include "common/base/log.h"
#include "common/base/text.h"

#include <chrono>
#include <utility>

namespace evd::collector {

using Progress = RingFollower::Progress;

DrainThread::DrainThread(RingSource& source, FoundRing ring, SequenceTracker tracker,
                         BatchWindow& window, const base::Clock& clock)
    : cpu_(ring.mapping->cpu()),
      follower_(source, std::move(ring), std::move(tracker), clock),
      window_(window),
      thread_(base::cat("drain-", cpu_), [this] { run(); }) {}

DrainThread::~DrainThread() {
    requestStop();
    thread_.join();
}

DrainFigures DrainThread::figures() const {
    return {capacity_,    unread_bytes_, events_,     batches_,     gaps_,
            lost_events_, laps_,         unreadable_, replacements_};
}

void DrainThread::run() {
    bool goes_on = true;
    while (goes_on && !stop_requested_) {
        goes_on = readOnce();
        publishFigures();
    }
    finished_ = true;
    window_.ringBell();
}

// One turn: read what there is, look for a replacement, sleep. False when the drain is complete.
bool DrainThread::readOnce() {
    if (!window_.awaitRoom(std::chrono::nanoseconds(kRingWaitNs))) {
        return true;
    }
    fill_percent_ = follower_.reader().fillPercent();
    const Progress progress = follower_.fill(window_.eventsMax());
    handBatches();
    if (progress == Progress::BatchFull) {
        return !atDrainEnd(progress);
    }
    const auto replaced = follower_.followReplacement(window_.eventsMax());
    handBatches();
    if (!replaced.ok()) {
        if (replaced.error().text != std::exchange(last_failure_, replaced.error().text)) {
            base::logWarning(base::cat("the ring of cpu ", cpu_,
                                       " was replaced: ", replaced.error().text, ", trying again"));
        }
    } else if (replaced.value()) {
        last_failure_.clear();
        end_position_.reset();
        return true;
    }
    if (atDrainEnd(progress)) {
        return false;
    }
    follower_.wait(kRingWaitNs);
    return true;
}

// Spec PSD-008 §10.2 step 3: one final cycle over everything that was there when it began.
bool DrainThread::atDrainEnd(Progress progress) {
    if (!drain_requested_) {
        return false;
    }
    if (!end_position_) {
        end_position_ = follower_.writePosition();
    }
    const bool unreadable = progress == Progress::Unreadable;
    const bool unreadable_again = std::exchange(unreadable_before_, unreadable) && unreadable;
    return unreadable_again || follower_.readPosition() >= *end_position_;
}

void DrainThread::handBatches() {
    for (EventBatch& batch : follower_.takeBatches()) {
        ++batches_;
        batch.ring_fill_percent = fill_percent_;
        window_.hand(std::move(batch));
    }
}

void DrainThread::publishFigures() {
    capacity_ = follower_.reader().mapping().capacity();
    unread_bytes_ = follower_.reader().unreadBytes();
    events_ = follower_.builder().takenCount();
    gaps_ = follower_.builder().gapCount();
    lost_events_ = follower_.builder().lostCount();
    laps_ = follower_.lapCount();
    unreadable_ = follower_.unreadableCount();
    replacements_ = follower_.replacementCount();
}

}  // namespace evd::collector
