#pragma once

#include "collector/ingest/record_batch.h"
#include "common/base/check.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <utility>

namespace evd::collector {

// What one kind of record may hold between the doors and the store's answers: two thirds of a
// second of 500,000 samples. The store takes them in transactions of 100,000, each of which keeps
// the next ones waiting; with half of this one sample in twenty found no room at that rate. With
// half as much again the group would hold more than 128 MiB in a flood (quality §1).
inline constexpr size_t kRecordWindowBytesMax = 32 * 1024 * 1024;

// How a window has been used since the process began.
struct WindowFigures {
    uint64_t dropped = 0;         // records that found no room
    uint64_t dropped_unread = 0;  // datagrams that were not even looked at, for the same reason
    size_t bytes = 0;             // held now
};

// The hand-off of one kind of records from the doors to the sending loop, and the count of what the
// store has not answered yet.
//
// This is what keeps a stopped store from stopping a sender: a door never waits here. It adds to
// the open batch, which the loop takes as soon as it likes, so that under load batches grow by
// themselves and without it nothing waits; and what goes beyond kRecordWindowBytesMax is dropped
// and counted. A window that has run full says so until a quarter of it is free again: doors then
// pass over whole datagrams unread, since whoever takes records apart only to drop them takes the
// processor from the store, which is what everybody is waiting for. Doors call append on their
// threads, and ring when a round of reading is over; the loop takes, and releases what was
// answered. The bell is rung only when there may be something new to take.
template <typename Batch>
class RecordWindow {
  public:
    explicit RecordWindow(std::function<void()> bell, size_t bytes_max = kRecordWindowBytesMax)
        : bell_(std::move(bell)), bytes_max_(bytes_max) {}
    RecordWindow(const RecordWindow&) = delete;
    RecordWindow& operator=(const RecordWindow&) = delete;

    void append(std::span<const typename Batch::Record> records) {
        // Held for the copying of one datagram's records; the loop holds it to move a batch, so
        // neither waits for long.
        const std::lock_guard lock(mutex_);
        for (const auto& record : records) {
            if (bytes_ + Batch::bytesOf(record) > bytes_max_) {
                ++dropped_;
                // A record that would fit into an empty window says that this one is full.
                is_full_ = is_full_ || bytes_ > bytes_max_ / 4 * 3;
                continue;
            }
            const size_t before = open_.bytes();
            open_.add(record);
            bytes_ += open_.bytes() - before;
            has_news_ = true;
            if (open_.isFull()) {
                full_.push_back(std::exchange(open_, Batch()));
            }
        }
    }

    // Whether the next datagram is to be passed over, and counted.
    bool passesOver() {
        if (!is_full_) {
            return false;
        }
        ++dropped_unread_;
        return true;
    }

    // Tells the loop of what was appended.
    void ring() {
        {
            const std::lock_guard lock(mutex_);
            if (!std::exchange(has_news_, false)) {
                return;
            }
        }
        bell_();
    }

    // The oldest full batch; else, when anything is good enough, the open one.
    std::optional<Batch> take(bool only_full) {
        const std::lock_guard lock(mutex_);
        if (!full_.empty()) {
            Batch batch = std::move(full_.front());
            full_.pop_front();
            return batch;
        }
        if (only_full || open_.count() == 0) {
            return std::nullopt;
        }
        return std::exchange(open_, Batch());
    }

    // Room again: a batch of so many bytes was answered or given up.
    void release(size_t bytes) {
        const std::lock_guard lock(mutex_);
        EVD_CHECK(bytes_ >= bytes, "only what was appended can be released");
        bytes_ -= bytes;
        if (bytes_ <= bytes_max_ / 4 * 3) {
            is_full_ = false;
        }
    }

    bool isEmpty() const {
        const std::lock_guard lock(mutex_);
        return full_.empty() && open_.count() == 0;
    }
    WindowFigures figures() const {
        const std::lock_guard lock(mutex_);
        return {dropped_, dropped_unread_, bytes_};
    }

  private:
    const std::function<void()> bell_;
    const size_t bytes_max_;
    mutable std::mutex mutex_;
    Batch open_;
    std::deque<Batch> full_;
    size_t bytes_ = 0;  // of open, full, and taken but not released batches
    uint64_t dropped_ = 0;
    bool has_news_ = false;
    std::atomic<bool> is_full_ = false;  // written under the lock, read by doors without it
    std::atomic<uint64_t> dropped_unread_ = 0;
};

using LogWindow = RecordWindow<LogBatch>;
using SampleWindow = RecordWindow<SampleBatch>;

}  // namespace evd::collector
