#pragma once

#include "common/base/check.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <list>
#include <utility>

namespace evd::collector {

// The batches of one kind that the store has not answered yet, and the numbers they travel under.
//
// Decides what is sent when, and what a new connection has to bring again, so that each batch is
// stored exactly once (capnp/ingest.capnp): the store knows the number of the last batch it holds
// and passes over lower ones. So a batch keeps its number for good, also one that was refused for
// now: a commit that failed may come to light later, and only by its number is it known then. And
// numbers are sent in ascending order: what was refused goes again when nothing that has a higher
// number is on its way. No more is on its way than a bound says, since each batch on its way is in
// memory twice more, as a message and in the store. Lives on the sending loop; bounded by the
// window that the batches come from.
template <typename Batch>
class SendQueue {
  public:
    struct Kept {
        Batch batch;
        size_t bytes = 0;
        uint64_t number = 0;  // 0: not sent yet
        bool is_sending = false;
    };

    // Whatever its size, one batch is always sent.
    explicit SendQueue(size_t bytes_on_the_way_max) : bytes_max_(bytes_on_the_way_max) {}

    // Not sent yet; goes out after everything that is here.
    void add(Batch batch, size_t bytes) { kept_.push_back({std::move(batch), bytes, 0, false}); }

    // The next batch to be sent, numbered and marked so; null when all are on their way, when there
    // is no room for it there, or when one that was refused has to wait for the answers to those
    // behind it. Stays where it is until the queue forgets it.
    Kept* startNext() {
        const auto is_sending = [](const Kept& kept) { return kept.is_sending; };
        const auto next = std::find_if_not(kept_.begin(), kept_.end(), is_sending);
        if (next == kept_.end() || std::any_of(next, kept_.end(), is_sending)) {
            return nullptr;
        }
        if (bytes_on_the_way_ > 0 && bytes_on_the_way_ + next->bytes > bytes_max_) {
            return nullptr;
        }
        if (next->number == 0) {
            next->number = ++last_number_;
        }
        next->is_sending = true;
        bytes_on_the_way_ += next->bytes;
        return &*next;
    }

    // It is stored, or never to be sent again: the batch comes back to the caller.
    Batch finish(uint64_t number) {
        const auto at = find(number);
        stopSending(*at);
        Batch batch = std::move(at->batch);
        kept_.erase(at);
        return batch;
    }

    // The store cannot take it now.
    void postpone(uint64_t number) { stopSending(*find(number)); }

    // Whatever was on its way is in doubt now.
    void disconnect() {
        for (Kept& kept : kept_) {
            stopSending(kept);
        }
    }

    // A new connection, whose store says which number it holds last. Answers the number of the
    // oldest batch that is stored and not finished, or 0; to be called until it is 0.
    uint64_t storedThrough(uint64_t last_stored) const {
        const bool is_stored =
            !kept_.empty() && kept_.front().number != 0 && kept_.front().number <= last_stored;
        return is_stored ? kept_.front().number : 0;
    }

    size_t count() const { return kept_.size(); }

  private:
    typename std::list<Kept>::iterator find(uint64_t number) {
        const auto at = std::find_if(kept_.begin(), kept_.end(),
                                     [&](const Kept& kept) { return kept.number == number; });
        EVD_CHECK(number != 0 && at != kept_.end(), "a batch is finished once");
        return at;
    }

    void stopSending(Kept& kept) {
        if (std::exchange(kept.is_sending, false)) {
            bytes_on_the_way_ -= kept.bytes;
        }
    }

    const size_t bytes_max_;
    size_t bytes_on_the_way_ = 0;
    std::list<Kept> kept_;  // in the order in which they came, which is that of their numbers
    uint64_t last_number_ = 0;
};

}  // namespace evd::collector
