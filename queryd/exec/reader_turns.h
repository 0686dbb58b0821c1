#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace evd::queryd {

// Which of the jobs that wait is done next.
//
// By turns the one that waits longest, so that all questions go on and a short one is answered
// soon; and one of the question that was asked first, so that a long one comes to its end: among
// a hundred others it would otherwise get a hundredth of the threads at each of its many slices.
// Whoever asked first has half of the threads at most. Not thread-safe.
class ReaderTurns {
  public:
    using Job = std::function<void()>;

    // asked_ns: when the job's question was asked, on the monotonic clock.
    void push(int64_t asked_ns, Job job);
    // Nothing when none waits.
    std::optional<Job> pop();

  private:
    using Arrival = uint64_t;
    struct Waiting {
        int64_t asked_ns;
        Job job;
    };

    std::map<Arrival, Waiting> waiting_;
    std::set<std::pair<int64_t, Arrival>> by_age_;  // the same jobs, by when they were asked for
    Arrival last_arrival_ = 0;
    bool is_turn_of_age_ = false;
};

}  // namespace evd::queryd
