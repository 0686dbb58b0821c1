#include "queryd/exec/reader_turns.h"

namespace evd::queryd {

void ReaderTurns::push(int64_t asked_ns, Job job) {
    const Arrival arrival = ++last_arrival_;
    waiting_.try_emplace(arrival, Waiting{asked_ns, std::move(job)});
    by_age_.emplace(asked_ns, arrival);
}

std::optional<ReaderTurns::Job> ReaderTurns::pop() {
    if (waiting_.empty()) {
        return std::nullopt;
    }
    const Arrival arrival = is_turn_of_age_ ? by_age_.begin()->second : waiting_.begin()->first;
    is_turn_of_age_ = !is_turn_of_age_;
    const auto next = waiting_.find(arrival);
    by_age_.erase({next->second.asked_ns, arrival});
    Job job = std::move(next->second.job);
    waiting_.erase(next);
    return job;
}

}  // namespace evd::queryd
