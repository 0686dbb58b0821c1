#pragma once

#include "common/base/clock.h"
#include "common/base/fd.h"
#include "sandbox/supervisor/output_lines.h"

#include <kj/async-io.h>
#include <kj/async-unix.h>
#include <string>
#include <vector>

namespace evd::supervisor {

// The supervisor's end of one incarnation's stderr: reads it, and passes it on to our own.
//
// A program never waits for our stderr and neither do we: what does not fit there at the moment is
// left out (and still kept as last lines). Reads at most kReadsPerTurn times in a row, so that a
// chatterer does not keep the event loop. Lives on the event loop of the main thread; clock and io
// outlive it.
class ChildOutput {
  public:
    ChildOutput(kj::AsyncIoContext& io, const base::Clock& clock, std::string program,
                base::Fd from);
    ChildOutput(const ChildOutput&) = delete;
    ChildOutput& operator=(const ChildOutput&) = delete;

    // The program is gone: reads what it left behind and answers its last lines.
    std::vector<std::string> finish();

  private:
    kj::Promise<void> listen();
    kj::Promise<void> readTurn();
    bool readSome();  // false at the end, or when there is nothing now

    const base::Clock& clock_;
    OutputLines lines_;
    base::Fd from_;
    kj::UnixEventPort::FdObserver observer_;
    kj::Promise<void> listening_;  // last: it uses all of the above
};

}  // namespace evd::supervisor
