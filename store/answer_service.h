#pragma once

#include "common/ipc/errors.h"
#include "store/run_answer.h"

#include <kj/async.h>

namespace evd::store {

// Gives the answer to one Cap'n Proto call. What it answers must not outlive the event loop.
class CallAnswer final : public RunAnswer {
  public:
    explicit CallAnswer(kj::Own<kj::PromiseFulfiller<void>> fulfiller)
        : fulfiller_(kj::mv(fulfiller)) {}
    ~CallAnswer() noexcept override = default;

    void give(base::Result<void> outcome) override {
        if (outcome.ok()) {
            fulfiller_->fulfill();
        } else {
            fulfiller_->reject(ipc::toException(outcome.error()));
        }
    }

  private:
    kj::Own<kj::PromiseFulfiller<void>> fulfiller_;
};

}  // namespace evd::store
