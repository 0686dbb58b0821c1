#pragma once

#include "common/base/fd.h"
#include "common/base/result.h"
#include "common/config/socket_paths.h"
#include "sandbox/supervisor/process_table.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace evd::supervisor {

inline constexpr size_t kParkedFdsMax = 4096;  // two for each of 1024 rings, old and new
inline constexpr size_t kParkedNameBytesMax = 64;

struct NamedFd {
    std::string name;
    base::Fd fd;
};

// Keeps the descriptors of the group and knows who holds which.
//
// Takes away from the supervisor the wiring of the edges: sockets for strangers are made once and
// live over restarts, parked descriptors wait for their program's successor, and for each edge a
// new socket pair is made whenever one of its ends is born again. Ends that have been made but not
// yet handed over wait here. A full parking place refuses (Busy). Main thread only.
class FdBroker {
  public:
    explicit FdBroker(const GroupPlan& plan);

    // Makes every socket for strangers. Called once, before the first program starts. The socket of
    // the notices, which is for the group alone, is given to the user of the one who connects to
    // it.
    base::Result<void> listen(const config::SocketPaths& paths,
                              std::optional<uid_t> teller = std::nullopt);

    // What a new incarnation of the program is born with: its ends of its edges, copies of its
    // sockets and of what is parked for it.
    base::Result<std::vector<NamedFd>> descriptorsFor(Program program);

    // The program has ended for good: whoever knocks is refused at once, instead of waiting for
    // somebody who will not come. The senders of datagrams would wait.
    void closeSockets(Program program);

    // Ends that wait for a program that is already running, because its peer was born again.
    std::vector<NamedFd> takeWaiting(Program program);

    base::Result<void> park(Program program, std::string name, base::Fd fd);
    void unpark(Program program, std::string_view prefix);
    size_t parkedCount() const { return parked_.size(); }

  private:
    struct End {
        Program program;
        std::string name;
        base::Fd waiting;  // invalid when the program has it, or nobody has made it yet
    };
    struct Edge {
        End left;
        End right;
        int type;
    };
    struct Socket {
        SocketSpec spec;
        base::Fd fd;
    };
    using ParkKey = std::pair<Program, std::string>;

    static base::Result<base::Fd> takeEnd(Edge& edge, End& own, End& other);

    std::vector<Edge> edges_;
    std::vector<Socket> sockets_;
    std::map<ParkKey, base::Fd> parked_;
};

}  // namespace evd::supervisor
