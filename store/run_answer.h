#pragma once

#include "common/base/result.h"

namespace evd::store {

// Where the answer to one run or batch goes. Given exactly once, on the store's thread, unless the
// writers are stopped first.
class RunAnswer {
  public:
    virtual ~RunAnswer() = default;
    virtual void give(base::Result<void> outcome) = 0;
};

}  // namespace evd::store
