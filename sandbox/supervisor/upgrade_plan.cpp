#include "sandbox/supervisor/upgrade_plan.h"

#include "common/base/text.h"

#include <utility>

namespace evd::supervisor {

using base::cat;

bool UpgradePlan::begin(std::vector<ProgramSpec> order) {
    if (isUnderWay() || order.empty()) {
        return false;
    }
    order_ = std::move(order);
    index_ = 0;
    how_.clear();
    phase_ = Phase::Ending;
    return true;
}

bool UpgradePlan::isTurnOf(Program program) const {
    return isUnderWay() && order_[index_].program == program;
}

bool UpgradePlan::wantsEnd(Program program) const {
    return phase_ == Phase::Ending && isTurnOf(program);
}

void UpgradePlan::onEnded(Program program) {
    if (isTurnOf(program)) {
        phase_ = Phase::Starting;
    }
}

void UpgradePlan::onDeath(Program program, const std::string& how) {
    if (!isTurnOf(program)) {
        return;  // Its restart comes from the file too, and its turn comes or has been.
    }
    if (phase_ == Phase::Starting) {
        phase_ = Phase::Failed;
        how_ = how;
    } else {
        phase_ = Phase::Starting;
    }
}

bool UpgradePlan::onRunning(Program program) {
    if (phase_ != Phase::Starting || !isTurnOf(program)) {
        return false;
    }
    ++index_;
    phase_ = index_ == order_.size() ? Phase::Finished : Phase::Ending;
    return true;
}

void UpgradePlan::cancel() {
    if (isUnderWay()) {
        phase_ = Phase::Cancelled;
    }
}

std::string UpgradePlan::describe() const {
    const std::string done = cat(index_, " of ", order_.size(), " programs replaced");
    switch (phase_) {
        case Phase::Idle:
            return "";
        case Phase::Ending:
        case Phase::Starting:
            return cat("upgrade: replacing ", current().name, ", ", done);
        case Phase::Finished:
            return cat("upgrade: complete, ", done);
        case Phase::Failed:
            return cat("upgrade: stopped at ", current().name, ", whose successor did not start (",
                       how_, "), ", done);
        case Phase::Cancelled:
            return cat("upgrade: given up for a stop, ", done);
    }
    return "";
}

}  // namespace evd::supervisor
