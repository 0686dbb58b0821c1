#include "common/base/datagram_sender.h"

#include <sys/socket.h>
#include <cerrno>

namespace evd::base {

DatagramSender::Outcome DatagramSender::send(std::span<const uint8_t> datagram) {
    if (!socket_.valid()) {
        return Outcome::Away;
    }
    // sendmsg and not send: the jailed senders have that call already.
    iovec part{const_cast<uint8_t*>(datagram.data()), datagram.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    while (::sendmsg(socket_.get(), &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
        switch (errno) {
            case EINTR:
                break;
            case EAGAIN:
            case ENOBUFS:
            case ENOMEM:
                return Outcome::Full;
            case EMSGSIZE:
                return Outcome::TooLarge;
            default:
                return Outcome::Away;
        }
    }
    return Outcome::Sent;
}

}  // namespace evd::base
