#pragma once

#include "common/base/clock.h"
#include "common/base/result.h"

#include <atomic>
#include <cstdint>
#include <string_view>

namespace evd::queryd {

class QuestionTrace;

// Whether a question that is being answered should go on: not cancelled, not past its deadline.
//
// A value, copied into every job of the question; clock and flag outlive the question. Asked
// between rows and inside long SQL statements, on any thread.
struct RunControl {
    const base::Clock* clock = nullptr;
    int64_t asked_ns = 0;               // when it began, monotonic; see ReaderTurns
    int64_t deadline_monotonic_ns = 0;  // 0: none
    const std::atomic<bool>* cancelled = nullptr;
    const std::atomic<bool>* abandoned = nullptr;  // the answer is complete without this part
    QuestionTrace* trace = nullptr;                // of a question that is explained
    std::string_view step = "read";                // what is being done, for the trace; a constant

    bool isCancelled() const { return cancelled != nullptr && cancelled->load(); }
    bool isLate() const {
        return deadline_monotonic_ns != 0 && clock->monotonicNs() >= deadline_monotonic_ns;
    }
    bool isAbandoned() const { return abandoned != nullptr && abandoned->load(); }
    bool shouldStop() const { return isCancelled() || isAbandoned() || isLate(); }

    // Why it should stop: Gone when cancelled, Busy when late.
    base::Error stopError() const;
};

}  // namespace evd::queryd
