#pragma once

#include "common/base/result.h"
#include "queryd/exec/query_engine.h"
#include "queryd/exec/run_control.h"
#include "queryd/plan/record_plan.h"

#include <cstdint>
#include <limits>
#include <span>

namespace evd::queryd {

inline constexpr uint32_t kRecordsBetweenChecks = 64;

// SKIP and TAKE over the records of an answer, in their order, on the way to the sink. Asks between
// records whether the question should go on. Used on the question's thread; plan, control and sink
// outlive it.
class AnswerWindow {
  public:
    AnswerWindow(const RecordPlan& plan, const RunControl& control, RecordSink& sink)
        : skip_(plan.skip),
          take_(plan.take.value_or(std::numeric_limits<uint64_t>::max())),
          control_(control),
          sink_(sink) {}

    bool isFull() const { return take_ == 0; }
    // Whether the next record will be passed over, so that it need not be made.
    bool skipsNext() {
        const bool skips = skip_ > 0;
        skip_ -= skips ? 1 : 0;
        return skips;
    }
    // One record that is taken without being sent.
    void pass() { --take_; }
    base::Result<void> send(std::span<const uint8_t> record) {
        --take_;
        if (++sent_ % kRecordsBetweenChecks == 0 && control_.shouldStop()) {
            return control_.stopError();
        }
        return sink_.record(record);
    }

  private:
    uint64_t skip_;
    uint64_t take_;
    uint64_t sent_ = 0;
    const RunControl& control_;
    RecordSink& sink_;
};

}  // namespace evd::queryd
