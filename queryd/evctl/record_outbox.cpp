#include "queryd/evctl/record_outbox.h"

#include "common/base/socket.h"

#include <poll.h>
#include <sys/socket.h>

namespace evd::evctl {

base::Result<void> RecordOutbox::connect() {
    tried_at_ns_ = clock_.monotonicNs();
    auto socket = base::connectUnix(path_, SOCK_DGRAM);
    if (!socket.ok()) {
        return socket.error();
    }
    sender_ = base::DatagramSender(std::move(socket).value());
    return {};
}

bool RecordOutbox::flush() {
    if (datagram_.empty()) {
        return true;
    }
    if (!sender_.connected() &&
        (clock_.monotonicNs() - tried_at_ns_ < kReconnectNs || !connect().ok())) {
        return false;
    }
    switch (sender_.send(datagram_.bytes())) {
        case base::DatagramSender::Outcome::Sent:
            sent_ += datagram_.count();
            datagram_.clear();
            return true;
        case base::DatagramSender::Outcome::Full:
            return false;
        case base::DatagramSender::Outcome::Away:
            sender_ = base::DatagramSender();
            return false;
        case base::DatagramSender::Outcome::TooLarge:  // somebody made our buffers very small
            dropRest();
            return true;
    }
    return false;
}

bool RecordOutbox::flushWithin(int timeout_ms) {
    const int64_t until_ns = clock_.monotonicNs() + timeout_ms * base::kNsPerMs;
    while (!flush()) {
        const int64_t left_ms = (until_ns - clock_.monotonicNs()) / base::kNsPerMs;
        pollfd room{sender_.fd(), POLLOUT, 0};
        if (left_ms <= 0 || !sender_.connected() ||
            ::poll(&room, 1, static_cast<int>(left_ms)) == 0) {
            return false;
        }
    }
    return true;
}

void RecordOutbox::dropRest() {
    dropped_ += datagram_.count();
    datagram_.clear();
}

}  // namespace evd::evctl
