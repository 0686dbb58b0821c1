#include "queryd/transport/frame_sender.h"

#include <poll.h>
#include <sys/socket.h>
#include <algorithm>
#include <cerrno>

namespace evd::queryd {

namespace {

base::Error leftError() {
    return base::fail(base::ErrorKind::Gone, "the client closed the connection");
}

}  // namespace

// How much went out; 0 when there is no room now.
base::Result<size_t> FrameSender::sendPart(std::span<const uint8_t> bytes) {
    while (true) {
        const ssize_t sent =
            ::send(connection_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent >= 0) {
            return static_cast<size_t>(sent);
        }
        if (errno == EAGAIN) {
            return size_t{0};
        }
        if (errno != EINTR) {
            return leftError();
        }
    }
}

base::Result<void> FrameSender::waitForRoom(int64_t deadline_ns,
                                            const std::atomic<bool>& cancelled) {
    pollfd watched{connection_.get(), POLLOUT, 0};
    while (!cancelled) {
        const int64_t left_ms = (deadline_ns - clock_.monotonicNs()) / base::kNsPerMs;
        if (left_ms <= 0) {
            return base::fail(base::ErrorKind::Busy, "the client reads too slowly");
        }
        const int wait_ms = static_cast<int>(std::min<int64_t>(left_ms, kSendCancelCheckMs));
        if (::poll(&watched, 1, wait_ms) > 0) {
            return {};  // room, or an error that the next send reports
        }
    }
    return base::fail(base::ErrorKind::Gone, "the query was cancelled");
}

base::Result<void> FrameSender::sendWaiting(std::span<const uint8_t> frame,
                                            const std::atomic<bool>& cancelled) {
    const int64_t deadline_ns = clock_.monotonicNs() + deadline_ms_ * base::kNsPerMs;
    size_t done = 0;
    while (done < frame.size()) {
        const auto sent = sendPart(frame.subspan(done));
        if (!sent.ok()) {
            return sent.error();
        }
        done += sent.value();
        if (done == frame.size() || sent.value() > 0) {
            continue;
        }
        const auto waited = waitForRoom(deadline_ns, cancelled);
        if (!waited.ok()) {
            if (done > 0) {
                kept_.assign(frame.begin() + static_cast<ptrdiff_t>(done), frame.end());
            }
            return waited.error();
        }
    }
    return {};
}

base::Result<void> FrameSender::flushKept() {
    while (!kept_.empty()) {
        const auto sent = sendPart(kept_);
        if (!sent.ok()) {
            return sent.error();
        }
        if (sent.value() == 0) {
            return base::fail(base::ErrorKind::Busy, "the client reads too slowly");
        }
        kept_.erase(kept_.begin(), kept_.begin() + static_cast<ptrdiff_t>(sent.value()));
    }
    return {};
}

base::Result<void> FrameSender::sendNow(std::span<const uint8_t> frame) {
    EVD_TRY(flushKept());
    kept_.assign(frame.begin(), frame.end());
    const auto sent = flushKept();
    if (!sent.ok() && kept_.size() == frame.size()) {
        kept_.clear();  // nothing of it went out, so another frame may follow
    }
    return sent;
}

base::Result<void> FrameSender::sendLast(std::span<const uint8_t> frame) {
    kept_.insert(kept_.end(), frame.begin(), frame.end());
    const auto sent = flushKept();
    if (sent.ok() || sent.error().kind == base::ErrorKind::Gone) {
        return sent;
    }
    (void)::setsockopt(connection_.get(), SOL_SOCKET, SO_SNDBUF, &kLastWordsBufferBytes,
                       sizeof(kLastWordsBufferBytes));  // without it the frame does not fit either
    return flushKept();
}

}  // namespace evd::queryd
