#include "sandbox/supervisor/fd_broker.h"

#include "common/base/log.h"
#include "common/base/socket.h"
#include "common/base/text.h"
#include "sandbox/supervisor/datagram_backlog.h"
#include "sandbox/supervisor/fd_keeper.h"
#include "sandbox/supervisor/identity.h"
#include "sandbox/supervisor/inherited_fds.h"

#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <utility>

namespace evd::supervisor {

namespace {

constexpr int kBacklog = 1024;
constexpr gid_t kGroupUnchanged = static_cast<gid_t>(-1);
constexpr uid_t kOwnerUnchanged = static_cast<uid_t>(-1);
constexpr mode_t kGroupMayConnect = 0660;

// Lets one other user connect. Who may not give files away, as the supervisor under systemd, is in
// the group of that user and lets the group; queryd, who is in it too, only reaches itself by it.
base::Result<void> openTo(const std::string& path, const Identity& who) {
    if (::lchown(path.c_str(), who.uid, kGroupUnchanged) == 0) {
        return {};
    }
    if (errno != EPERM || ::lchown(path.c_str(), kOwnerUnchanged, who.gid) != 0 ||
        ::chmod(path.c_str(), kGroupMayConnect) != 0) {
        return base::failErrno(base::cat("cannot give away ", path), errno);
    }
    return {};
}

}  // namespace

const std::string& socketPathOf(const config::SocketPaths& paths, SocketPath which) {
    switch (which) {
        case SocketPath::Query:
            return paths.query;
        case SocketPath::Rpc:
            return paths.rpc;
        case SocketPath::Notices:
            return paths.notices;
        case SocketPath::Kmes:
            return paths.kmes;
        case SocketPath::Log:
            return paths.log;
        case SocketPath::Metric:
            return paths.metric;
        case SocketPath::Syslog:
            return paths.syslog;
        case SocketPath::Statsd:
            return paths.statsd;
    }
    return paths.query;
}

FdBroker::FdBroker(const GroupPlan& plan, FdKeeper* keeper, const base::Guid& boot_id)
    : keeper_(keeper), boot_id_(boot_id) {
    for (const auto& spec : plan.start_order) {
        names_.emplace(spec.program, spec.name);
    }
    for (const auto& edge : plan.edges) {
        edges_.push_back({{edge.left, std::string(edge.left_name), {}},
                          {edge.right, std::string(edge.right_name), {}},
                          edge.type});
    }
    for (const auto& socket : plan.sockets) {
        sockets_.push_back({socket, {}});
    }
}

base::Result<void> FdBroker::adopt(Inheritance inherited) {
    for (auto& given : inherited.sockets) {
        for (auto& socket : sockets_) {
            if (socket.spec.name == given.name) {
                socket.fd = std::move(given.fd);
            }
        }
    }
    for (auto& given : inherited.parked) {
        // Parked again, because peinit keeps nothing that it has handed out (PSD-007 §11.1).
        EVD_TRY(park(given.program, std::move(given.name), std::move(given.fd)));
    }
    for (const auto& name : inherited.unwanted) {
        base::logWarning(base::cat("no use for the inherited descriptor ", name, ", closed"));
        if (keeper_ != nullptr) {
            keeper_->forget(name);
        }
    }
    return {};
}

base::Result<void> FdBroker::listen(const config::SocketPaths& paths, const Identity* teller) {
    const DatagramBacklog long_queues;
    for (auto& socket : sockets_) {
        if (socket.fd.valid()) {
            continue;
        }
        const std::string& path = socketPathOf(paths, socket.spec.path);
        auto fd = base::listenUnix(path, socket.spec.type, socket.spec.mode, kBacklog);
        if (!fd.ok()) {
            return fd.error();
        }
        if (socket.spec.path == SocketPath::Notices && teller != nullptr) {
            EVD_TRY(openTo(path, *teller));
        }
        socket.fd = std::move(fd).value();
    }
    return {};
}

// A waiting end is the counterpart of one that the peer has or is about to get. Without one the
// edge is torn, or was never there: a new pair is made and the peer's end waits for the peer.
base::Result<base::Fd> FdBroker::takeEnd(Edge& edge, End& own, End& other) {
    if (own.waiting.valid()) {
        return std::move(own.waiting);
    }
    auto pair = base::makeSocketPair(edge.type);
    if (!pair.ok()) {
        return pair.error();
    }
    other.waiting = std::move(pair.value().right);
    return std::move(pair.value().left);
}

base::Result<std::vector<NamedFd>> FdBroker::descriptorsFor(Program program) {
    std::vector<NamedFd> all;
    for (auto& edge : edges_) {
        if (edge.left.program != program && edge.right.program != program) {
            continue;
        }
        const bool is_left = edge.left.program == program;
        auto end =
            is_left ? takeEnd(edge, edge.left, edge.right) : takeEnd(edge, edge.right, edge.left);
        if (!end.ok()) {
            return end.error();
        }
        all.push_back({is_left ? edge.left.name : edge.right.name, std::move(end).value()});
    }
    for (const auto& socket : sockets_) {
        if (socket.spec.program == program && socket.fd.valid()) {
            auto copy = socket.fd.duplicate();
            if (!copy.ok()) {
                return copy.error();
            }
            all.push_back({std::string(socket.spec.name), std::move(copy).value()});
        }
    }
    for (const auto& [key, fd] : parked_) {
        if (key.first == program) {
            auto copy = fd.duplicate();
            if (!copy.ok()) {
                return copy.error();
            }
            all.push_back({key.second, std::move(copy).value()});
        }
    }
    return all;
}

std::vector<NamedFd> FdBroker::takeWaiting(Program program) {
    std::vector<NamedFd> ends;
    for (auto& edge : edges_) {
        for (End* end : {&edge.left, &edge.right}) {
            if (end->program == program && end->waiting.valid()) {
                ends.push_back({end->name, std::move(end->waiting)});
            }
        }
    }
    return ends;
}

bool FdBroker::isEndOf(const End& end, Program program, std::string_view name) {
    return end.program == program && end.name == name;
}

std::optional<Program> FdBroker::peerOf(Program program, std::string_view name) const {
    for (const auto& edge : edges_) {
        if (isEndOf(edge.left, program, name)) {
            return edge.right.program;
        }
        if (isEndOf(edge.right, program, name)) {
            return edge.left.program;
        }
    }
    return std::nullopt;
}

base::Result<void> FdBroker::renew(Program program, std::string_view name) {
    for (auto& edge : edges_) {
        if (isEndOf(edge.left, program, name) || isEndOf(edge.right, program, name)) {
            auto pair = base::makeSocketPair(edge.type);
            if (!pair.ok()) {
                return pair.error();
            }
            edge.left.waiting = std::move(pair.value().left);
            edge.right.waiting = std::move(pair.value().right);
        }
    }
    return {};
}

base::Result<void> FdBroker::park(Program program, std::string name, base::Fd fd) {
    if (name.empty() || name.size() > kParkedNameBytesMax) {
        return base::fail(base::ErrorKind::Invalid,
                          base::cat("a parked name has 1 to ", kParkedNameBytesMax, " bytes"));
    }
    ParkKey key{program, std::move(name)};
    if (parked_.size() >= kParkedFdsMax && !parked_.contains(key)) {
        return base::fail(base::ErrorKind::Busy,
                          base::cat("at most ", kParkedFdsMax, " descriptors are kept"));
    }
    if (keeper_ != nullptr) {
        keeper_->keep(keptNameOf(key.first, key.second), fd.get());
    }
    parked_.insert_or_assign(std::move(key), std::move(fd));
    return {};
}

void FdBroker::closeSockets(Program program) {
    for (auto& socket : sockets_) {
        if (socket.spec.program == program) {
            socket.fd.reset();
        }
    }
}

void FdBroker::unpark(Program program, std::string_view prefix) {
    std::erase_if(parked_, [&](const auto& entry) {
        const bool goes = entry.first.first == program && entry.first.second.starts_with(prefix);
        if (goes && keeper_ != nullptr) {
            keeper_->forget(keptNameOf(program, entry.first.second));
        }
        return goes;
    });
}

std::string FdBroker::keptNameOf(Program program, std::string_view name) const {
    const auto found = names_.find(program);
    return keptName(found == names_.end() ? std::string_view() : found->second, boot_id_, name);
}

}  // namespace evd::supervisor
