#include "queryd/exec/run_control.h"

namespace evd::queryd {

base::Error RunControl::stopError() const {
    if (isCancelled()) {
        return base::fail(base::ErrorKind::Gone, "the question was cancelled");
    }
    return base::fail(base::ErrorKind::Busy,
                      "the question took longer than its time limit, narrow it with SINCE, WHERE "
                      "or TAKE");
}

}  // namespace evd::queryd
