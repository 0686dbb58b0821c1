#include "queryd/exec/record_merge.h"

#include "queryd/exec/hit_positions.h"

#include <algorithm>

namespace evd::queryd {

base::Result<void> RecordMerge::begin() {
    for (size_t i = 0; i < streams_.size(); ++i) {
        EVD_TRY(push(i));
    }
    return {};
}

base::Result<void> RecordMerge::pop() {
    const auto later = [this](size_t left, size_t right) { return comesLater(left, right); };
    std::pop_heap(heap_.begin(), heap_.end(), later);
    const size_t stream = heap_.back();
    heap_.pop_back();
    streams_[stream]->pop();
    return push(stream);
}

base::Result<void> RecordMerge::push(size_t stream) {
    auto head = streams_[stream]->hasHead();
    if (!head) {
        return head.error();
    }
    if (head.value()) {
        heap_.push_back(stream);
        std::push_heap(heap_.begin(), heap_.end(),
                       [this](size_t left, size_t right) { return comesLater(left, right); });
    }
    return {};
}

bool RecordMerge::comesLater(size_t left, size_t right) const {
    const auto& left_head = streams_[left]->head();
    const auto& right_head = streams_[right]->head();
    return comesBefore(order_, {right_head.timestamp, right_head.id, right},
                       {left_head.timestamp, left_head.id, left});
}

}  // namespace evd::queryd
