#pragma once

#include "common/base/fd.h"

#include <string>
#include <vector>

namespace evd::test {

// Stands in for stderr while it lives. Packets keep the boundaries of writes, so that a test sees
// how many there were.
class CapturedStderr {
  public:
    CapturedStderr();
    ~CapturedStderr() { restore(); }
    CapturedStderr(const CapturedStderr&) = delete;
    CapturedStderr& operator=(const CapturedStderr&) = delete;

    // What was written, one entry a write; stderr is itself again afterwards.
    std::vector<std::string> writes();

  private:
    void restore();

    base::Fd saved_;
    base::Fd reading_;
};

}  // namespace evd::test
