#include "common/base/exhaustion.h"

#include "common/base/log.h"

#include <unistd.h>
#include <new>

namespace evd::base {

namespace {

constexpr int kExitFailed = 1;

}  // namespace

void endExhausted(std::string_view what) {
    logError(what);
    ::_exit(kExitFailed);
}

void endOutOfMemory() {
    endExhausted("no memory is left, ending");
}

void endWhenOutOfMemory() {
    std::set_new_handler(endOutOfMemory);
}

}  // namespace evd::base
