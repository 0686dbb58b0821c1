#include "common/base/check.h"

#include "common/base/log.h"
#include "common/base/text.h"

#include <cstdlib>

namespace evd::base {

void checkFailed(const char* expression, const char* file, int line, const char* reason) {
    logError(cat("broken invariant: ", reason, " (", expression, ") at ", file, ":", line,
                 ", aborting"));
    std::abort();
}

}  // namespace evd::base
