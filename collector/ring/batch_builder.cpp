#include "collector/ring/batch_builder.h"

#include "common/base/check.h"

#include <utility>

namespace evd::collector {

void BatchBuilder::addRun(size_t run_start, std::span<const kmes::EventFrame> frames) {
    at_ = run_start;
    for (const kmes::EventFrame& frame : frames) {
        if (skipped_bytes_ == 0 && tracker_.followsOn(frame.sequence) &&
            (batch_.empty() || batch_.last_sequence + 1 == frame.sequence)) {
            beginAt(frame.sequence);
            tracker_.advance(frame.sequence, frame.timestamp_ns);
            cover(frame.sequence, tracker_.lastTimestamp());
            ++batch_.event_count;
            ++taken_count_;
            at_ += frame.event_bytes;
        } else {
            judge(frame);
        }
    }
    dropSkipped();
    EVD_CHECK(at_ == batch_.events.size(), "a run must fill the buffer to its end");
}

// An event that does not simply follow on: the slow way, taken around restarts and losses.
void BatchBuilder::judge(const kmes::EventFrame& frame) {
    new_gaps_.clear();
    const bool wanted = tracker_.accept(frame.sequence, frame.timestamp_ns, new_gaps_);
    for (const wire::Gap& gap : new_gaps_) {
        beginAt(gap.first_missing);
        batch_.gaps.push_back(gap);
        cover(gap.last_missing, gap.reveal_timestamp_ns);
        ++gap_count_;
        lost_count_ += gap.last_missing - gap.first_missing + 1;
    }
    if (!wanted) {
        skipped_bytes_ += frame.event_bytes;
        previous_timestamp_ns_ = tracker_.lastTimestamp();
        return;
    }
    dropSkipped();
    beginAt(frame.sequence);
    cover(frame.sequence, tracker_.lastTimestamp());
    ++batch_.event_count;
    ++taken_count_;
    at_ += frame.event_bytes;
}

// Makes sure that the batch in hand ends right before `sequence`, or begins there.
void BatchBuilder::beginAt(uint64_t sequence) {
    if (batch_.empty()) {
        batch_.first_sequence = sequence;
        batch_.before_timestamp_ns = previous_timestamp_ns_;
        return;
    }
    if (batch_.last_sequence + 1 == sequence) {
        return;
    }
    dropSkipped();
    EventBuffer rest = batch_.events.splitOff(at_);
    finishBatch();
    batch_.events = std::move(rest);
    at_ = 0;
    batch_.first_sequence = sequence;
    batch_.before_timestamp_ns = previous_timestamp_ns_;
}

void BatchBuilder::cover(uint64_t last_sequence, int64_t timestamp_ns) {
    batch_.last_sequence = last_sequence;
    batch_.newest_timestamp_ns = timestamp_ns;
    previous_timestamp_ns_ = timestamp_ns;
}

void BatchBuilder::dropSkipped() {
    batch_.events.erase(at_, std::exchange(skipped_bytes_, 0));
}

void BatchBuilder::finishBatch() {
    if (batch_.empty()) {
        return;
    }
    batch_.events.seal();
    EventBatch done = std::exchange(batch_, EventBatch{});
    batch_.cpu = done.cpu;
    finished_.push_back(std::move(done));
}

}  // namespace evd::collector
