#pragma once

#include "collector/kmesd/peer.h"
#include "collector/kmesd/request_handler.h"
#include "collector/kmesd/ring_set.h"
#include "common/base/clock.h"
#include "common/base/fd.h"
#include "common/base/result.h"
#include "common/base/thread.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace evd::collector {

inline constexpr size_t kConnectionsMax = 1024;
// What one user, neither root nor the owner, may hold of them.
inline constexpr size_t kConnectionsPerUidMax = 128;

struct ServerFigures {
    uint64_t connections = 0;
    uint64_t connections_refused = 0;
    uint64_t slow_peers = 0;
};

// What the server asks of the event loop. Called on the server's thread; must only take a note.
class ServerEvents {
  public:
    virtual ~ServerEvents() = default;
    // Prepare memories of this capacity, park them and call commitResize (or failResize).
    virtual void onResizeWanted(uint64_t capacity) = 0;
    // These parked memories are no longer needed.
    virtual void onUnneeded(std::vector<std::string> prefixes) = 0;
};

// Serves the KMES socket (contracts §4): accepts, reads one packet at a time, answers.
//
// One thread for all connections: an emit is a copy into a ring and takes microseconds, so nothing
// is gained by more, and each ring has the single writer that Spec PSD-003 §5.1 wants. Connections
// are spread over the rings in turn (Unix sockets do not tell the sender's cpu). Owned by the
// service; the public calls may come from any thread and take effect on the server's. At
// kConnectionsMax, or kConnectionsPerUidMax of one user, a new connection is closed at once; a peer
// that does not take its answers is disconnected; both are counted.
class KmesServer {
  public:
    // All outlive the server.
    struct Parts {
        RingSet& rings;
        PeerResolver& resolver;
        const base::Clock& clock;
        ServerEvents& events;
    };
    struct Options {
        PeerRule rule;
        EmitLimits limits;
        size_t connections_max = kConnectionsMax;
        size_t connections_per_uid_max = kConnectionsPerUidMax;
    };

    KmesServer(const Parts& parts, Options options);
    ~KmesServer();  // stops the thread
    KmesServer(const KmesServer&) = delete;
    KmesServer& operator=(const KmesServer&) = delete;

    // Makes the thread. Io when the kernel gives no epoll.
    base::Result<void> start();

    // A listening socket; replaces an earlier one.
    void setListener(base::Fd listener);
    // A connection of the group itself, which may do no more than `at_most`; not counted against
    // the limits.
    void addPeer(base::Fd socket, PeerRights at_most = kEveryPeerRight);
    void commitResize(PreparedResize prepared);
    void failResize(int error_number);
    // No new connections, no more events; attaching still works.
    void drain();

    ServerFigures figures() const;
    const RefusalCounts& refusals() const { return refusals_; }

  private:
    struct Connection {
        base::Fd socket;
        Peer peer;
        uid_t uid = 0;
        bool is_counted = true;
    };
    using Command = std::function<void()>;

    void post(Command command);
    void run();
    void runCommands();
    void replaceListener(base::Fd listener);
    void acceptSome();
    void pauseAccepting();
    void resumeAccepting();
    int waitMs() const;
    void admit(base::Fd socket, bool is_counted, PeerRights at_most);
    bool isWithinLimits(const base::PeerIdentity& identity) const;
    void serve(uint64_t id);
    bool answer(const Connection& connection, const Reply& reply);
    void close(uint64_t id);
    void beginResize(uint64_t id, uint64_t capacity);
    void finishResize(int32_t status);
    base::Result<void> watch(int fd, uint64_t id);

    Parts parts_;
    Options options_;
    RefusalCounts refusals_;
    RequestHandler handler_;
    base::Fd epoll_;
    base::Fd wake_;

    mutable std::mutex mutex_;  // commands_, stopping_
    std::vector<Command> commands_;
    bool stopping_ = false;

    // From here on: the server's thread only.
    base::Fd listener_;
    bool draining_ = false;
    int64_t accept_paused_until_ns_ = 0;  // 0: not at all
    std::unique_ptr<uint8_t[]> packet_;   // kKmesPacketBytesMax
    std::unordered_map<uint64_t, Connection> connections_;
    uint64_t next_id_;
    std::optional<uint64_t> resizing_for_;  // the connection that waits for its resize

    std::atomic<uint64_t> connection_count_{0};
    std::atomic<uint64_t> connections_refused_{0};
    std::atomic<uint64_t> slow_peers_{0};
    std::unique_ptr<base::Thread> thread_;  // last: joined before anything else goes
};

}  // namespace evd::collector
