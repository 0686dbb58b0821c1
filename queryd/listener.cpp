#include "queryd/listener.h"

#include "common/base/log.h"
#include "common/base/text.h"
#include "queryd/transport/msgpack_answer.h"
#include "queryd/transport/query_request.h"
#include "queryd/transport/response_frames.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace evd::queryd {

namespace {

constexpr uint64_t kListeningId = 0;
constexpr uint64_t kWakeId = 1;
constexpr int kEventsPerTurn = 64;
constexpr int kAcceptsPerTurn = 64;
constexpr uint32_t kOnlyHangUp = 0;  // EPOLLHUP and EPOLLERR are always reported

// One small frame onto a connection that has been sent nothing yet, so that it always fits.
void tell(int fd, const base::Error& why) {
    const auto frame = errorFrame(why.text);
    (void)::send(fd, frame.data(), frame.size(), MSG_DONTWAIT | MSG_NOSIGNAL);  // may have left
}

base::Result<void> makeNonBlocking(int fd) {
    const int flags = ::fcntl(fd, F_GETFL);
    if (flags < 0 || ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0) {
        return base::failErrno("cannot make the query socket non-blocking", errno);
    }
    return {};
}

}  // namespace

base::Result<std::unique_ptr<Listener>> Listener::start(base::Fd listening,
                                                        const Authority& authority,
                                                        QuestionRunner& runner,
                                                        const base::Clock& clock,
                                                        WaitingLimits limits) {
    EVD_TRY(makeNonBlocking(listening.get()));
    base::Fd epoll(::epoll_create1(EPOLL_CLOEXEC));
    base::Fd wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!epoll.valid() || !wake.valid()) {
        return base::failErrno("cannot make the query listener's descriptors", errno);
    }
    std::unique_ptr<Listener> listener(new Listener(
        std::move(listening), std::move(epoll), std::move(wake), authority, runner, clock, limits));
    EVD_TRY(listener->watch(EPOLL_CTL_ADD, listener->listening_.get(), kListeningId, EPOLLIN));
    EVD_TRY(listener->watch(EPOLL_CTL_ADD, listener->wake_.get(), kWakeId, EPOLLIN));
    Listener& running = *listener;
    listener->thread_ =
        std::make_unique<base::Thread>("query-listen", [&running] { running.loop(); });
    return listener;
}

Listener::Listener(base::Fd listening, base::Fd epoll, base::Fd wake, const Authority& authority,
                   QuestionRunner& runner, const base::Clock& clock, WaitingLimits limits)
    : listening_(std::move(listening)),
      epoll_(std::move(epoll)),
      wake_(std::move(wake)),
      authority_(authority),
      runner_(runner),
      clock_(clock),
      room_(limits),
      message_bytes_max_(limits.message_bytes_max) {}

Listener::~Listener() {
    if (thread_) {
        ask(Request::End);
        thread_->join();
    }
}

void Listener::stopAccepting() {
    ask(Request::StopAccepting);
}

void Listener::ask(Request request) {
    request_ = request;
    const uint64_t one = 1;
    (void)!::write(wake_.get(), &one, sizeof(one));  // a full counter wakes as well
}

base::Result<void> Listener::watch(int operation, int fd, uint64_t id, uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.u64 = id;
    if (::epoll_ctl(epoll_.get(), operation, fd, &event) != 0) {
        return base::failErrno("cannot watch a query connection", errno);
    }
    return {};
}

void Listener::loop() {
    std::array<epoll_event, kEventsPerTurn> events{};
    while (obey()) {
        const int count = ::epoll_wait(epoll_.get(), events.data(), kEventsPerTurn, waitMs());
        for (int i = 0; i < count; ++i) {
            const auto& event = events[static_cast<size_t>(i)];
            handle(event.data.u64, event.events);
        }
        forgetFinished();
        dropExpired();
        resumeAccepting();
    }
}

// Does what the owner has asked for; false when the thread shall end.
bool Listener::obey() {
    const Request request = request_;
    if (request != Request::None && listening_.valid()) {
        acceptAll();  // of the kernel's queue kAcceptsPerTurn are told as well
        listening_.reset();
        for (const uint64_t id : room_.expired(INT64_MAX)) {
            tell(room_.find(id)->connection.get(),
                 base::fail(base::ErrorKind::Gone, "the server is stopping"));
            room_.leave(id);
        }
    }
    return request != Request::End;
}

int Listener::waitMs() const {
    auto next = room_.nextDeadlineNs();
    if (paused_until_ns_ != 0) {
        next = std::min(next.value_or(paused_until_ns_), paused_until_ns_);
    }
    if (!next) {
        return -1;
    }
    const int64_t left_ms = (*next - clock_.monotonicNs()) / base::kNsPerMs + 1;
    return static_cast<int>(std::clamp<int64_t>(left_ms, 0, kRequestDeadlineMs));
}

void Listener::handle(uint64_t id, uint32_t events) {
    if (id == kListeningId) {
        acceptAll();
        return;
    }
    if (id == kWakeId) {
        uint64_t count = 0;
        (void)!::read(wake_.get(), &count, sizeof(count));
        return;
    }
    if (const auto* waiting = room_.find(id)) {
        if (waiting->leaving) {
            room_.leave(id);  // its client has closed
        } else {
            read(id);
        }
        return;
    }
    const auto running = running_.find(id);
    if (running != running_.end() && (events & (EPOLLHUP | EPOLLERR)) != 0) {
        running->second->cancelled = true;
    }
}

void Listener::acceptAll() {
    for (int i = 0; i < kAcceptsPerTurn && listening_.valid(); ++i) {
        base::Fd connection(
            ::accept4(listening_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (connection.valid()) {
            welcome(std::move(connection));
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
            pauseAccepting();
            return;
        } else if (errno != EINTR && errno != ECONNABORTED) {
            return;
        }
    }
}

void Listener::pauseAccepting() {
    base::logWarning(
        base::cat("out of descriptors or memory for a query connection, trying again in ",
                  kAcceptPauseMs, " ms"));
    (void)watch(EPOLL_CTL_MOD, listening_.get(), kListeningId, kOnlyHangUp);
    paused_until_ns_ = clock_.monotonicNs() + kAcceptPauseMs * base::kNsPerMs;
}

void Listener::resumeAccepting() {
    if (paused_until_ns_ != 0 && clock_.monotonicNs() >= paused_until_ns_) {
        paused_until_ns_ = 0;
        if (listening_.valid()) {
            (void)watch(EPOLL_CTL_MOD, listening_.get(), kListeningId, EPOLLIN);
        }
    }
}

void Listener::welcome(base::Fd connection) {
    ++accepted_;
    auto caller = authority_.identify(connection.get());
    if (!caller.ok()) {
        tell(connection.get(),
             base::fail(base::ErrorKind::Denied,
                        "the server cannot tell who is asking; access is denied"));
        return;
    }
    const auto may_enter = room_.mayEnter(caller.value());
    if (!may_enter.ok()) {
        tell(connection.get(), may_enter.error());
        return;
    }
    const uint64_t id = next_id_++;
    if (watch(EPOLL_CTL_ADD, connection.get(), id, EPOLLIN).ok()) {
        room_.enter(id, std::move(connection), std::move(caller).value(), message_bytes_max_,
                    clock_.monotonicNs());
    }
}

void Listener::read(uint64_t id) {
    WaitingConnection& waiting = *room_.find(id);
    const auto space = waiting.decoder.room();
    const ssize_t received =
        ::recv(waiting.connection.get(), space.data(), space.size(), MSG_DONTWAIT);
    if (received < 0) {
        if (errno != EAGAIN && errno != EINTR) {
            room_.leave(id);
        }
        return;
    }
    if (received == 0) {
        if (waiting.decoder.isInsideFrame()) {
            sendAway(id, base::fail(base::ErrorKind::Invalid,
                                    "the connection ended in the middle of the request"));
        } else {
            room_.leave(id);
        }
        return;
    }
    waiting.decoder.received(static_cast<size_t>(received));
    const auto fits = room_.received(waiting, static_cast<size_t>(received));
    const auto body = waiting.decoder.next();
    if (!body.ok() || !fits.ok()) {
        sendAway(id, body.ok() ? fits.error() : body.error());
    } else if (body.value()) {
        begin(id, *body.value());
    }
}

void Listener::begin(uint64_t id, std::span<const uint8_t> body) {
    auto request = parseQueryRequest(body);
    if (!request.ok()) {
        sendAway(id, request.error());
        return;
    }
    WaitingConnection& waiting = *room_.find(id);
    // One-shot: the runner may close the descriptor at any time from now on, so that this thread
    // must never name it again.
    if (!watch(EPOLL_CTL_MOD, waiting.connection.get(), id, EPOLLONESHOT).ok()) {
        room_.leave(id);
        return;
    }
    Question question{std::move(waiting.caller), std::move(request.value().query),
                      request.value().limit_ms, request.value().explain};
    waiting.caller.user_sid = question.caller.user_sid;  // its place is still counted under it
    auto answer = std::make_unique<MsgpackAnswer>(std::move(waiting.connection),
                                                  request.value().watch, clock_);
    room_.leave(id);
    auto control = runner_.start(std::move(question), std::move(answer));
    if (control) {
        running_.emplace(id, std::move(control));
    }
}

void Listener::sendAway(uint64_t id, const base::Error& why) {
    WaitingConnection& waiting = *room_.find(id);
    const int fd = waiting.connection.get();
    tell(fd, why);
    (void)::shutdown(fd, SHUT_WR);  // the client reads the reason, then the end
    if (watch(EPOLL_CTL_MOD, fd, id, kOnlyHangUp).ok()) {
        room_.beginLeaving(waiting, clock_.monotonicNs());
    } else {
        room_.leave(id);
    }
}

void Listener::dropExpired() {
    for (const uint64_t id : room_.expired(clock_.monotonicNs())) {
        if (room_.find(id)->leaving) {
            room_.leave(id);
        } else {
            sendAway(id, base::fail(base::ErrorKind::Invalid,
                                    "no complete request came in time; the connection is closed"));
        }
    }
}

void Listener::forgetFinished() {
    std::erase_if(running_, [](const auto& entry) { return entry.second->finished.load(); });
}

}  // namespace evd::queryd
