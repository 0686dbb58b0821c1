#pragma once

#include <mutex>
#include <utility>
#include <vector>

namespace evd::store {

// Where writers leave their reports for the event loop, in the order in which they came.
//
// The first report in an empty box is the one to wake the loop for; those that come before it has
// looked need no further wake-up. Any thread puts, the loop takes. Unbounded by itself: a report
// stands for items that the writers' queues have bounded.
template <typename Report>
class Mailbox {
  public:
    // True when the box was empty: nobody has been told of it yet.
    bool put(Report report) {
        const std::lock_guard lock(mutex_);
        reports_.push_back(std::move(report));
        return reports_.size() == 1;
    }

    std::vector<Report> takeAll() {
        const std::lock_guard lock(mutex_);
        return std::exchange(reports_, {});
    }

  private:
    std::mutex mutex_;
    std::vector<Report> reports_;
};

}  // namespace evd::store
