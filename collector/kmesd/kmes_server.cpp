// One level-triggered epoll loop. Each round takes at most one packet from every readable
// connection, so that a busy emitter gets its turn like any other and no more. Emitters wait for
// their answer before they send again, so a second packet is rarely there anyway.
//
// Connections are found by id, not by pointer or descriptor: an event that epoll reported for a
// connection closed earlier in the same round finds nothing.

#include "collector/kmesd/kmes_server.h"

#include "common/base/check.h"
#include "common/base/log.h"
#include "common/base/socket.h"
#include "common/base/text.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace evd::collector {

namespace {

constexpr uint64_t kWakeId = 0;
constexpr uint64_t kListenerId = 1;
constexpr uint64_t kFirstConnectionId = 2;
constexpr size_t kEventsPerRound = 64;
constexpr int kAcceptsPerRound = 16;
// How long nobody is accepted after the kernel had no descriptor or memory for a connection.
constexpr int kAcceptPauseMs = 100;

base::Result<void> setNonBlocking(int fd) {
    const int flags = ::fcntl(fd, F_GETFL);
    if (flags < 0 || ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0) {
        return base::failErrno("cannot make a socket non-blocking", errno);
    }
    return {};
}

}  // namespace

KmesServer::KmesServer(const Parts& parts, Options options)
    : parts_(parts),
      options_(std::move(options)),
      handler_(parts.rings, parts.clock, options_.limits, refusals_),
      // Not initialised: pages that no packet reaches cost nothing.
      packet_(std::make_unique_for_overwrite<uint8_t[]>(kmes::kKmesPacketBytesMax)),
      next_id_(kFirstConnectionId) {}

KmesServer::~KmesServer() {
    if (thread_) {
        post([this]() {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
        });
        thread_->join();
    }
}

base::Result<void> KmesServer::start() {
    epoll_.reset(::epoll_create1(EPOLL_CLOEXEC));
    wake_.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!epoll_.valid() || !wake_.valid()) {
        return base::failErrno("cannot make the server's epoll", errno);
    }
    EVD_TRY(watch(wake_.get(), kWakeId));
    thread_ = std::make_unique<base::Thread>("kmes-server", [this]() { run(); });
    return {};
}

void KmesServer::setListener(base::Fd listener) {
    // std::function wants what it holds to be copyable; a descriptor is not.
    auto shared = std::make_shared<base::Fd>(std::move(listener));
    post([this, shared]() { replaceListener(std::move(*shared)); });
}

void KmesServer::addPeer(base::Fd socket, PeerRights at_most) {
    auto shared = std::make_shared<base::Fd>(std::move(socket));
    post([this, shared, at_most]() { admit(std::move(*shared), /*is_counted=*/false, at_most); });
}

void KmesServer::commitResize(PreparedResize prepared) {
    auto shared = std::make_shared<PreparedResize>(std::move(prepared));
    post([this, shared]() {
        std::vector<std::string> unneeded = prefixesOf(*shared);
        auto replaced = parts_.rings.commitResize(std::move(*shared));
        if (replaced.ok()) {
            unneeded = std::move(replaced).value();
        }
        parts_.events.onUnneeded(std::move(unneeded));
        finishResize(replaced.ok() ? 0 : -ENOMEM);
    });
}

void KmesServer::failResize(int error_number) {
    post([this, error_number]() { finishResize(-error_number); });
}

void KmesServer::drain() {
    post([this]() {
        draining_ = true;
        listener_.reset();  // closing it takes it out of the epoll set
        handler_.drain();
    });
}

ServerFigures KmesServer::figures() const {
    return {connection_count_.load(), connections_refused_.load(), slow_peers_.load()};
}

void KmesServer::post(Command command) {
    {
        const std::lock_guard lock(mutex_);
        commands_.push_back(std::move(command));
    }
    if (wake_.valid()) {
        const uint64_t one = 1;
        // Full only when a wake-up is already due.
        (void)!::write(wake_.get(), &one, sizeof(one));
    }
}

void KmesServer::run() {
    std::array<epoll_event, kEventsPerRound> ready{};
    while (true) {
        runCommands();
        {
            const std::lock_guard lock(mutex_);
            if (stopping_) {
                return;
            }
        }
        const int count =
            ::epoll_wait(epoll_.get(), ready.data(), static_cast<int>(ready.size()), waitMs());
        EVD_CHECK(count >= 0 || errno == EINTR, "epoll_wait fails only when it is interrupted");
        resumeAccepting();
        for (int i = 0; i < count; ++i) {
            const uint64_t id = ready[static_cast<size_t>(i)].data.u64;
            if (id == kListenerId) {
                acceptSome();
            } else if (id != kWakeId) {
                serve(id);
            }
        }
    }
}

void KmesServer::runCommands() {
    uint64_t wakes = 0;
    (void)!::read(wake_.get(), &wakes, sizeof(wakes));  // empty when nobody woke us
    std::vector<Command> commands;
    {
        const std::lock_guard lock(mutex_);
        commands.swap(commands_);
    }
    for (const Command& command : commands) {
        command();
    }
}

void KmesServer::replaceListener(base::Fd listener) {
    listener_.reset();
    accept_paused_until_ns_ = 0;
    if (draining_) {
        return;
    }
    auto ready = setNonBlocking(listener.get());
    if (ready.ok()) {
        ready = watch(listener.get(), kListenerId);
    }
    if (!ready.ok()) {
        base::logError(base::cat(ready.error().text, ", nobody can connect to emit"));
        return;
    }
    listener_ = std::move(listener);
}

// A listener that cannot be accepted from stays readable; watching it on would spin.
void KmesServer::pauseAccepting() {
    base::logWarning(base::cat("out of descriptors or memory for an emitter, trying again in ",
                               kAcceptPauseMs, " ms"));
    (void)::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, listener_.get(), nullptr);
    accept_paused_until_ns_ = parts_.clock.monotonicNs() + kAcceptPauseMs * base::kNsPerMs;
}

// In every round: emitters that are connected already may leave none without a packet.
void KmesServer::resumeAccepting() {
    const int64_t now_ns = parts_.clock.monotonicNs();
    if (accept_paused_until_ns_ == 0 || now_ns < accept_paused_until_ns_) {
        return;
    }
    const bool goes_on = !listener_.valid() || watch(listener_.get(), kListenerId).ok();
    accept_paused_until_ns_ = goes_on ? 0 : now_ns + kAcceptPauseMs * base::kNsPerMs;
}

int KmesServer::waitMs() const {
    return accept_paused_until_ns_ == 0 ? -1 : kAcceptPauseMs;
}

void KmesServer::acceptSome() {
    for (int i = 0; i < kAcceptsPerRound && listener_.valid(); ++i) {
        base::Fd socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
        if (!socket.valid()) {
            if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
                pauseAccepting();
            }
            return;  // else nobody waits, or the one who did has gone again
        }
        admit(std::move(socket), /*is_counted=*/true, kEveryPeerRight);
    }
}

void KmesServer::admit(base::Fd socket, bool is_counted, PeerRights at_most) {
    const auto identity = parts_.resolver.identify(socket.get());
    if (!identity.ok() || (is_counted && !isWithinLimits(identity.value())) ||
        !setNonBlocking(socket.get()).ok()) {
        connections_refused_.fetch_add(1);
        return;
    }
    const uint64_t id = next_id_++;
    Connection connection;
    connection.peer.rights = inBoth(rightsOf(identity.value(), options_.rule), at_most);
    connection.peer.stamps = parts_.resolver.stampsOf(socket.get(), identity.value());
    connection.peer.ring = static_cast<uint16_t>(id % parts_.rings.count());
    connection.uid = identity.value().uid;
    connection.is_counted = is_counted;
    connection.socket = std::move(socket);
    if (!watch(connection.socket.get(), id).ok()) {
        connections_refused_.fetch_add(1);
        return;
    }
    connections_.emplace(id, std::move(connection));
    connection_count_.store(connections_.size());
}

bool KmesServer::isWithinLimits(const base::PeerIdentity& identity) const {
    const auto counted = [](const auto& entry) { return entry.second.is_counted; };
    const auto same_uid = [&](const auto& entry) {
        return entry.second.is_counted && entry.second.uid == identity.uid;
    };
    const auto total = std::count_if(connections_.begin(), connections_.end(), counted);
    const auto of_user = std::count_if(connections_.begin(), connections_.end(), same_uid);
    return static_cast<size_t>(total) < options_.connections_max &&
           (rightsOf(identity, options_.rule).unlimited ||
            static_cast<size_t>(of_user) < options_.connections_per_uid_max);
}

void KmesServer::serve(uint64_t id) {
    const auto found = connections_.find(id);
    if (found == connections_.end()) {
        return;
    }
    const Connection& connection = found->second;
    const std::span<uint8_t> buffer(packet_.get(), kmes::kKmesPacketBytesMax);
    const auto packet = base::receivePacket(connection.socket.get(), buffer);
    if (!packet.ok()) {
        if (packet.error().kind != base::ErrorKind::Busy) {
            close(id);
        }
        return;
    }
    // Descriptors that came along are nobody's and are closed with the packet.
    const bool truncated = packet.value().truncated;
    const Reply reply =
        handler_.handle(connection.peer, buffer.first(packet.value().bytes), truncated);
    if (reply.resize_to.has_value()) {
        beginResize(id, *reply.resize_to);
    } else if (!answer(connection, reply)) {
        close(id);
    }
}

bool KmesServer::answer(const Connection& connection, const Reply& reply) {
    std::array<int, 2> fds{};
    std::span<const int> attached;
    if (reply.attachment.has_value()) {
        fds = {reply.attachment->producer_fd, reply.attachment->consumer_fd};
        attached = fds;
    }
    const auto sent = base::sendPacket(connection.socket.get(), reply.bytes(), attached);
    if (!sent.ok() && sent.error().kind == base::ErrorKind::Busy) {
        slow_peers_.fetch_add(1);
    }
    return sent.ok();
}

void KmesServer::close(uint64_t id) {
    connections_.erase(id);  // the descriptor leaves the epoll set when it is closed
    connection_count_.store(connections_.size());
}

void KmesServer::beginResize(uint64_t id, uint64_t capacity) {
    if (resizing_for_.has_value()) {
        if (!answer(connections_.at(id), RequestHandler::emitReply(-EAGAIN, 0))) {
            close(id);
        }
        return;
    }
    resizing_for_ = id;
    parts_.events.onResizeWanted(capacity);
}

void KmesServer::finishResize(int32_t status) {
    if (!resizing_for_.has_value()) {
        return;
    }
    const uint64_t id = *resizing_for_;
    resizing_for_.reset();
    const auto found = connections_.find(id);
    if (found != connections_.end() &&
        !answer(found->second, RequestHandler::emitReply(status, 0))) {
        close(id);
    }
}

base::Result<void> KmesServer::watch(int fd, uint64_t id) {
    epoll_event wanted{};
    wanted.events = EPOLLIN;
    wanted.data.u64 = id;
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &wanted) != 0) {
        return base::failErrno("cannot watch a descriptor", errno);
    }
    return {};
}

}  // namespace evd::collector
