#pragma once

#include <kj/exception.h>

namespace evd::ipc {

// Ends the process (base::endExhausted) where Cap'n Proto finds no memory for a message. That is
// its own calloc, which no new-handler sees, and what it throws comes up wherever a message is
// made: one task or one call would fail of it while all others go on, until the next one does.
//
// For what its thread does while this lives; on that thread's stack, as kj asks of it.
class ExhaustionWatch final : private kj::ExceptionCallback {
  public:
    ExhaustionWatch() = default;

  private:
    void onFatalException(kj::Exception&& exception) override;
};

}  // namespace evd::ipc
