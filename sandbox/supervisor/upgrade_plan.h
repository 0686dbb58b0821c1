#pragma once

#include "sandbox/supervisor/process_table.h"

#include <cstddef>
#include <string>
#include <vector>

namespace evd::supervisor {

// How far an upgrade in place has come: one program after another ends and is born anew.
//
// Decides who is replaced next and whether it goes on at all; Group does what it says. The order is
// that of the start, so that each program finds those whom it calls at least as new as itself. A
// program whose successor does not start ends the upgrade there; a program that dies while it is
// asked to end has been replaced all the same, because its successor comes from the same file.
// Pure; one thread.
class UpgradePlan {
  public:
    enum class Phase { Idle, Ending, Starting, Finished, Failed, Cancelled };

    // False while one is under way, or when there is nobody to replace.
    bool begin(std::vector<ProgramSpec> order);
    // True for a program that is to be asked to end now.
    bool wantsEnd(Program program) const;
    // Whose turn it is; only while one is under way.
    const ProgramSpec& current() const { return order_[index_]; }

    void onEnded(Program program);  // by request
    void onDeath(Program program, const std::string& how);
    // True when it was the one waited for: somebody else's turn, or the end.
    bool onRunning(Program program);
    void cancel();

    bool isUnderWay() const { return phase_ == Phase::Ending || phase_ == Phase::Starting; }
    Phase phase() const { return phase_; }
    // For `evctl status` and the log; "" when there never was an upgrade.
    std::string describe() const;

  private:
    bool isTurnOf(Program program) const;

    Phase phase_ = Phase::Idle;
    std::vector<ProgramSpec> order_;
    size_t index_ = 0;  // below order_.size() unless Finished: whose turn it is
    std::string how_;   // it failed
};

}  // namespace evd::supervisor
