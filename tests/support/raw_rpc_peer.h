#pragma once

#include "common/base/check.h"
#include "common/base/fd.h"

#include <capnp/message.h>
#include <capnp/rpc.capnp.h>
#include <capnp/serialize.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <functional>
#include <span>
#include <vector>

namespace evd::test {

namespace rpc = capnp::rpc;

// The other end of a Cap'n Proto connection, without Cap'n Proto's manners: it says what it is told
// to, message by message, numbers its questions as it likes and gives nothing back by itself.
//
// Never waits. What the socket does not take yet is kept and goes with the next flush(); what comes
// is read by read() only. For tests and fuzzers of those who serve.
class RawRpcPeer {
  public:
    explicit RawRpcPeer(base::Fd socket) : socket_(std::move(socket)) {
        EVD_CHECK(::fcntl(socket_.get(), F_SETFL, O_NONBLOCK) == 0, "a socket can be non-blocking");
    }

    // Answers the message's length without its frame.
    size_t send(capnp::MessageBuilder& message) {
        const auto words = capnp::messageToFlatArray(message);
        const auto bytes = words.asBytes();
        sendBytes({bytes.begin(), bytes.size()});
        const size_t segments = message.getSegmentsForOutput().size();
        return bytes.size() - (segments / 2 + 1) * sizeof(capnp::word);
    }
    void sendBytes(std::span<const uint8_t> bytes) {
        if (unsent_from_ == unsent_.size()) {
            unsent_.clear();
            unsent_from_ = 0;
        }
        unsent_.insert(unsent_.end(), bytes.begin(), bytes.end());
        flush();
    }
    // With descriptors on its first byte.
    void sendWithFds(capnp::MessageBuilder& message, std::span<const int> fds) {
        const auto words = capnp::messageToFlatArray(message);
        const auto bytes = words.asBytes();
        flush();
        if (unsentBytes() == 0) {
            const size_t taken = sendFirst(bytes.begin(), bytes.size(), fds);
            sendBytes({bytes.begin() + taken, bytes.size() - taken});
        }
    }
    // Followed, in a segment of their own, by words that nothing points to, so that it has
    // `words` in all. `turn` lets the other end read; answers whether all of it went out.
    bool sendPadded(capnp::MessageBuilder& message, uint64_t words,
                    const std::function<void()>& turn) {
        const auto segments = message.getSegmentsForOutput();
        EVD_CHECK(segments.size() == 1 && segments[0].size() < words, "the message is one part");
        const uint32_t head[4] = {1, static_cast<uint32_t>(segments[0].size()),
                                  static_cast<uint32_t>(words - segments[0].size()), 0};
        const auto first = segments[0].asBytes();
        sendBytes({reinterpret_cast<const uint8_t*>(head), sizeof(head)});
        sendBytes({first.begin(), first.size()});
        const std::vector<uint8_t> zeros(size_t{1} << 16);
        for (uint64_t left = head[2] * sizeof(capnp::word); left > 0;) {
            const auto part = std::min<uint64_t>(left, zeros.size());
            sendBytes({zeros.data(), part});
            left -= part;
            size_t before = SIZE_MAX;
            while (unsentBytes() > 0 && unsentBytes() < before) {
                before = unsentBytes();
                turn();
                flush();
            }
            if (unsentBytes() > 0) {
                return false;
            }
        }
        turn();
        return true;
    }

    void bootstrap(uint32_t question) {
        capnp::MallocMessageBuilder message;
        message.initRoot<rpc::Message>().initBootstrap().setQuestionId(question);
        send(message);
    }
    void finish(uint32_t question, bool releases = true) {
        capnp::MallocMessageBuilder message;
        auto finish = message.initRoot<rpc::Message>().initFinish();
        finish.setQuestionId(question);
        finish.setReleaseResultCaps(releases);
        send(message);
    }
    // A call of something that the peer exports; `fill` makes the parameters.
    template <typename Fill>
    size_t call(uint32_t question, uint32_t target, uint64_t interface, uint16_t method,
                const Fill& fill, unsigned capabilities = 0) {
        capnp::MallocMessageBuilder message;
        auto call = message.initRoot<rpc::Message>().initCall();
        call.setQuestionId(question);
        call.initTarget().setImportedCap(target);
        call.setInterfaceId(interface);
        call.setMethodId(method);
        auto params = call.initParams();
        fill(params.getContent());
        auto table = params.initCapTable(capabilities);
        for (unsigned i = 0; i < capabilities; ++i) {
            table[i].setSenderHosted(i);
        }
        return send(message);
    }

    // Both answer whether the connection is still there.
    bool flush() {
        while (unsentBytes() > 0) {
            const ssize_t n = ::send(socket_.get(), unsent_.data() + unsent_from_, unsentBytes(),
                                     MSG_NOSIGNAL | MSG_DONTWAIT);
            if (n < 0) {
                return errno == EAGAIN;
            }
            unsent_from_ += static_cast<size_t>(n);
        }
        return true;
    }
    bool read() {
        uint8_t chunk[16'384];
        ssize_t n = 0;
        while ((n = ::recv(socket_.get(), chunk, sizeof(chunk), MSG_DONTWAIT)) > 0) {
            received_.insert(received_.end(), chunk, chunk + n);
        }
        return n < 0 && errno == EAGAIN;
    }
    // The whole messages that read() has brought since the last call.
    void forEachReceived(const std::function<void(rpc::Message::Reader)>& take) {
        size_t at = 0;
        while (const size_t length = messageBytes(at)) {
            std::vector<capnp::word> words(length / sizeof(capnp::word));
            std::memcpy(words.data(), received_.data() + at, length);
            capnp::ReaderOptions everything;
            everything.traversalLimitInWords = SIZE_MAX;
            everything.nestingLimit = kNestingMax;
            capnp::FlatArrayMessageReader reader(kj::arrayPtr(words.data(), words.size()),
                                                 everything);
            taken_words_ = (length - headBytes(at)) / sizeof(capnp::word);
            take(reader.getRoot<rpc::Message>());
            at += length;
        }
        received_.erase(received_.begin(), received_.begin() + static_cast<ptrdiff_t>(at));
    }

    size_t unsentBytes() const { return unsent_.size() - unsent_from_; }
    // Of the message that forEachReceived() has at hand, without its frame.
    uint64_t takenWords() const { return taken_words_; }
    size_t receivedBytes() const { return received_.size(); }
    int fd() const { return socket_.get(); }
    void close() { socket_.reset(); }

  private:
    size_t sendFirst(const uint8_t* bytes, size_t size, std::span<const int> fds) {
        iovec part{const_cast<uint8_t*>(bytes), size};
        EVD_CHECK(fds.size() <= kFdsMax, "so many descriptors are sent at once");
        alignas(cmsghdr) char control[CMSG_SPACE(kFdsMax * sizeof(int))] = {};
        msghdr header{};
        header.msg_iov = &part;
        header.msg_iovlen = 1;
        header.msg_control = control;
        header.msg_controllen = CMSG_SPACE(fds.size_bytes());
        cmsghdr* const rights = CMSG_FIRSTHDR(&header);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(fds.size_bytes());
        std::memcpy(CMSG_DATA(rights), fds.data(), fds.size_bytes());
        const ssize_t n = ::sendmsg(socket_.get(), &header, MSG_NOSIGNAL | MSG_DONTWAIT);
        return n < 0 ? 0 : static_cast<size_t>(n);
    }
    // Of a message's frame: the number of segments and the length of each.
    size_t headBytes(size_t at) const {
        uint32_t segments_less_one = 0;
        std::memcpy(&segments_less_one, received_.data() + at, sizeof(segments_less_one));
        return ((size_t{segments_less_one} + 1) / 2 + 1) * sizeof(capnp::word);
    }
    // Of the message that begins there, when all of it has come; otherwise 0.
    size_t messageBytes(size_t at) const {
        const auto number = [&](size_t index) {
            uint32_t value = 0;
            std::memcpy(&value, received_.data() + at + index * sizeof(value), sizeof(value));
            return value;
        };
        const size_t there = received_.size() - at;
        if (there < sizeof(capnp::word)) {
            return 0;
        }
        const size_t segments = size_t{number(0)} + 1;
        const size_t head = headBytes(at);
        if (there < head) {
            return 0;
        }
        size_t length = head;
        for (size_t i = 0; i < segments; ++i) {
            length += number(1 + i) * sizeof(capnp::word);
        }
        return there < length ? 0 : length;
    }

    static constexpr size_t kFdsMax = 16;
    static constexpr int kNestingMax = 1024;

    base::Fd socket_;
    std::vector<uint8_t> unsent_;
    size_t unsent_from_ = 0;  // the bytes of it before that have gone out
    std::vector<uint8_t> received_;
    uint64_t taken_words_ = 0;
};

}  // namespace evd::test
