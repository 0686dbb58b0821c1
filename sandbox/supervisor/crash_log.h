#pragma once

#include "common/ipc/convert.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace evd::supervisor {

inline constexpr size_t kCrashesKept = 5;  // of each program; the oldest goes first

// What is remembered of the ends of one program that nobody had asked for, and why it was we who
// ended it, if it was.
//
// Why we kill is known before the process is gone, and how it ended only afterwards: blame() keeps
// the first until record() joins both. Pure; one thread.
class CrashLog {
  public:
    // We are about to kill it for this reason. The first reason stays.
    void blame(std::string reason);
    // A new incarnation: nothing is held against it.
    void forgive() { reason_.clear(); }
    // Joins the reason, if there is one, with how it ended; answers the whole.
    std::string record(int64_t wall_ns, int32_t pid, const std::string& how,
                       std::vector<std::string> output);

    const std::vector<wire::CrashReport>& reports() const { return reports_; }

  private:
    std::string reason_;
    std::vector<wire::CrashReport> reports_;
};

}  // namespace evd::supervisor
