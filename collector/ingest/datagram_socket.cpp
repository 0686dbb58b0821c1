// Each read offers the kernel kDatagramsPerRead places of kDatagramBytesMax, one behind the other
// in one anonymous mapping. Addresses cost nothing; pages do, and only those that were written to.
// A long datagram's pages are given back before the next read, so that one loud sender does not
// make the process large for good.

#include "collector/ingest/datagram_socket.h"

#include <sys/mman.h>
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace evd::collector {

namespace {

constexpr size_t kMemoryBytes = kDatagramsPerRead * kDatagramBytesMax;

Sender senderOf(msghdr& message) {
    for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
         header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_CREDENTIALS) {
            ucred credentials{};
            std::memcpy(&credentials, CMSG_DATA(header), sizeof(credentials));
            return {credentials.uid, credentials.gid};
        }
    }
    return {};
}

}  // namespace

struct DatagramSocket::Place {
    iovec bytes{};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(ucred))]{};
};

base::Result<std::unique_ptr<DatagramSocket>> DatagramSocket::open(base::Fd fd) {
    const int yes = 1;
    if (::setsockopt(fd.get(), SOL_SOCKET, SO_PASSCRED, &yes, sizeof(yes)) != 0) {
        return base::failErrno("cannot ask for the senders of datagrams", errno);
    }
    void* const memory = ::mmap(nullptr, kMemoryBytes, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) {
        return base::failErrno("no memory for datagrams", errno);
    }
    return std::unique_ptr<DatagramSocket>(
        new DatagramSocket(std::move(fd), static_cast<uint8_t*>(memory)));
}

DatagramSocket::DatagramSocket(base::Fd fd, uint8_t* memory)
    : fd_(std::move(fd)), memory_(memory), headers_(kDatagramsPerRead), places_(kDatagramsPerRead) {
    datagrams_.reserve(kDatagramsPerRead);
}

DatagramSocket::~DatagramSocket() {
    (void)::munmap(memory_, kMemoryBytes);
}

void DatagramSocket::giveBack() {
    for (size_t i = 0; i < datagrams_.size(); ++i) {
        if (datagrams_[i].bytes.size() > kResidentBytesMax) {
            // A failure costs memory that we have.
            (void)::madvise(placeOf(i) + kResidentBytesMax, kDatagramBytesMax - kResidentBytesMax,
                            MADV_DONTNEED);
        }
    }
    datagrams_.clear();
}

base::Result<std::span<const Datagram>> DatagramSocket::read() {
    giveBack();
    for (size_t i = 0; i < kDatagramsPerRead; ++i) {
        Place& place = places_[i];
        place.bytes = {placeOf(i), kDatagramBytesMax};
        msghdr& message = headers_[i].msg_hdr;
        message = {};
        message.msg_iov = &place.bytes;
        message.msg_iovlen = 1;
        message.msg_control = place.control;
        message.msg_controllen = sizeof(place.control);
    }
    const int count = ::recvmmsg(fd_.get(), headers_.data(), kDatagramsPerRead,
                                 MSG_DONTWAIT | MSG_CMSG_CLOEXEC, nullptr);
    if (count < 0) {
        const bool is_empty = errno == EAGAIN || errno == EINTR;
        if (is_empty) {
            return std::span<const Datagram>();
        }
        return base::failErrno("cannot read datagrams", errno);
    }
    for (size_t i = 0; i < static_cast<size_t>(count); ++i) {
        msghdr& message = headers_[i].msg_hdr;
        datagrams_.push_back({{placeOf(i), headers_[i].msg_len},
                              (message.msg_flags & MSG_TRUNC) != 0,
                              senderOf(message)});
    }
    return std::span<const Datagram>(datagrams_);
}

}  // namespace evd::collector
