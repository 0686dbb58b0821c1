#pragma once

#include "common/base/fd.h"
#include "common/base/guid.h"
#include "common/base/result.h"
#include "common/config/socket_paths.h"
#include "sandbox/supervisor/process_table.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace evd::supervisor {

// Two for each of 1024 rings, old and new, and the counters.
inline constexpr size_t kParkedFdsMax = 4097;
inline constexpr size_t kParkedNameBytesMax = 64;

struct NamedFd {
    std::string name;
    base::Fd fd;
};

class FdKeeper;
struct Identity;
struct Inheritance;

const std::string& socketPathOf(const config::SocketPaths& paths, SocketPath which);

// Keeps the descriptors of the group and knows who holds which.
//
// Takes away from the supervisor the wiring of the edges: sockets for strangers are made once and
// live over restarts, parked descriptors wait for their program's successor, and for each edge a
// new socket pair is made whenever one of its ends is born again. Ends that have been made but not
// yet handed over wait here. A full parking place refuses (Busy). Main thread only.
class FdBroker {
  public:
    // What is parked is given to the keeper too, if there is one; it outlives the broker.
    explicit FdBroker(const GroupPlan& plan, FdKeeper* keeper = nullptr,
                      const base::Guid& boot_id = {});

    // Takes over what our predecessor left with whoever started us. Called once, before listen().
    base::Result<void> adopt(Inheritance inherited);

    // Makes every socket for strangers that was not inherited. Called once, before the first
    // program starts. The socket of the notices, which is for the group alone, is given to the user
    // of the one who connects to it.
    base::Result<void> listen(const config::SocketPaths& paths, const Identity* teller = nullptr);

    // What a new incarnation of the program is born with: its ends of its edges, copies of its
    // sockets and of what is parked for it.
    base::Result<std::vector<NamedFd>> descriptorsFor(Program program);

    // The program has ended for good: whoever knocks is refused at once, instead of waiting for
    // somebody who will not come. The senders of datagrams would wait.
    void closeSockets(Program program);

    // Ends that wait for a program that is already running, because its peer was born again.
    std::vector<NamedFd> takeWaiting(Program program);

    // Who is at the other end of the program's edge of that name; nobody when it has none.
    std::optional<Program> peerOf(Program program, std::string_view name) const;
    // Makes that edge anew: both ends wait for programs that are running. None when no socket can
    // be made; the old one stays as it is.
    base::Result<void> renew(Program program, std::string_view name);

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

    std::string keptNameOf(Program program, std::string_view name) const;
    static bool isEndOf(const End& end, Program program, std::string_view name);
    static base::Result<base::Fd> takeEnd(Edge& edge, End& own, End& other);

    std::vector<Edge> edges_;
    std::vector<Socket> sockets_;
    std::map<ParkKey, base::Fd> parked_;
    std::map<Program, std::string> names_;
    FdKeeper* keeper_;
    base::Guid boot_id_;
};

}  // namespace evd::supervisor
