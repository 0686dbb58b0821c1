#pragma once

#include "common/base/clock.h"
#include "common/base/fd.h"
#include "common/base/result.h"
#include "sandbox/supervisor/fd_broker.h"
#include "sandbox/supervisor/process_table.h"

#include <kj/async-unix.h>
#include <kj/timer.h>
#include <functional>
#include <map>
#include <string>

namespace evd::supervisor {

inline constexpr int64_t kOutsideKmesPauseNs = base::kNsPerSecond;
inline constexpr int64_t kOutsideKmesPauseNsMax = 64 * base::kNsPerSecond;

// The connections of our programs to a KMES that is not of the group (Linux\KmesBackend of socket).
//
// They are made here, because the programs themselves can connect to nothing. One that ends, as
// when that KMES is started anew, is made again after a pause, as often as nobody answers, and
// given to its program. The pause is kOutsideKmesPauseNs, and doubles with each connection that
// lasts for less than kOutsideKmesPauseNsMax, up to that. To see its end each is held here too,
// though never read or written. Lives on the event loop of the main thread; port and timer outlive
// it. Destroying it ends the watch, the connections of the programs go on.
class OutsideKmes {
  public:
    using Give = std::function<void(Program, NamedFd)>;

    OutsideKmes(kj::UnixEventPort& port, kj::Timer& timer, std::string path, Give give);
    OutsideKmes(const OutsideKmes&) = delete;
    OutsideKmes& operator=(const OutsideKmes&) = delete;

    // For a program that is being born, under the name "kmes"; what its predecessor had is looked
    // after no longer. With an error nobody answers now, and the program is given one later.
    base::Result<NamedFd> connect(const ProgramSpec& spec);

  private:
    struct Connected {
        NamedFd end;
        base::Fd copy;
    };

    base::Result<Connected> tryConnect() const;
    kj::Promise<void> watch(const ProgramSpec& spec, base::Fd copy, int64_t pause_ns);
    kj::Promise<void> connectAgain(const ProgramSpec& spec, int64_t pause_ns);

    kj::UnixEventPort& port_;
    kj::Timer& timer_;
    std::string path_;
    Give give_;
    std::map<Program, kj::Promise<void>> watches_;  // last: they use all of the above
};

}  // namespace evd::supervisor
