#pragma once

#include "common/base/check.h"
#include "common/base/socket.h"
#include "common/ipc/peer_connection.h"
#include "tests/support/raw_rpc_peer.h"

#include <capnp/any.h>
#include <capnp/capability.h>
#include <kj/async-io.h>
#include <sys/socket.h>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace evd::test {

// What is served at a LimitedDoor.
enum class DoorMethod : uint16_t {
    Wait,    // is never answered
    Answer,  // with as many bytes as the 8 bytes of its parameter say
    TakeFd,  // with one byte when the capability in its parameter brought a descriptor
};

// A real connection with the limits of one row, whose other end is a peer without manners. Serves
// one capability that does what a test needs in order to reach each limit.
class LimitedDoor {
  public:
    enum class Buffer { Usual, Smallest };

    explicit LimitedDoor(const ipc::DoorLimits& limits, Buffer buffer = Buffer::Usual)
        : io_(kj::setupAsyncIo()) {
        auto pair = base::makeSocketPair(SOCK_STREAM);
        EVD_CHECK(pair.ok(), "a test can make a socket pair");
        peer_ = std::make_unique<RawRpcPeer>(std::move(pair.value().right));
        auto socket = std::move(pair.value().left);
        // With the smallest, answers that nobody reads wait in Cap'n Proto's queue, not there.
        const int smallest = 1;
        EVD_CHECK(buffer == Buffer::Usual || ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDBUF,
                                                          &smallest, sizeof(smallest)) == 0,
                  "a socket's buffer can be small");
        // As the product does it: only who may bring descriptors has a stream that takes them.
        if (limits.descriptors_max > 0) {
            connection_ = std::make_unique<ipc::PeerConnection>(
                ipc::adoptSocketForFds(std::move(socket), *io_.lowLevelProvider), service(),
                limits);
        } else {
            connection_ = std::make_unique<ipc::PeerConnection>(
                ipc::adoptSocket(std::move(socket), *io_.lowLevelProvider), service(), limits,
                [](std::string_view) {});
        }
        peer_->bootstrap(kBootstrap);
        turn();
        peer_->finish(kBootstrap, /*releases=*/false);
        EVD_CHECK(answers().size() == 1, "the door opens");
    }

    RawRpcPeer& peer() { return *peer_; }
    ipc::PeerConnection& connection() { return *connection_; }
    size_t calls() const { return calls_; }  // that the served capability has seen

    void turn() { io_.waitScope.poll(); }

    // One message that the door has sent.
    struct Answer {
        capnp::rpc::Message::Which which = {};
        bool is_exception = false;
        uint64_t words = 0;  // of all its segments
        size_t bytes = 0;    // that a call of Answer or TakeFd gave
    };
    // What has come since the last time, but for what is only housekeeping.
    std::vector<Answer> answers() {
        size_t before = SIZE_MAX;
        while (peer_->receivedBytes() != before) {
            before = peer_->receivedBytes();
            turn();
            is_open_ = peer_->read();
        }
        std::vector<Answer> all;
        peer_->forEachReceived([&](capnp::rpc::Message::Reader message) {
            if (!message.isFinish() && !message.isRelease()) {
                all.push_back(read(message, peer_->takenWords()));
            }
        });
        return all;
    }
    bool isOpen() {
        answers();
        return is_open_;
    }

    // Of the served capability.
    void call(uint32_t question, DoorMethod method, uint64_t bytes = 0, unsigned capabilities = 0) {
        capnp::MallocMessageBuilder message;
        fillCall(message, question, method, bytes, capabilities);
        peer_->send(message);
        turn();
    }
    // Its message has so many words.
    void callPadded(uint32_t question, DoorMethod method, uint64_t words) {
        capnp::MallocMessageBuilder message;
        fillCall(message, question, method, 0, 0);
        peer_->sendPadded(message, words, [this] { turn(); });
    }
    // A call with so many descriptors, of which the capability claims the one of that number.
    void callWithFds(uint32_t question, std::span<const int> fds, uint8_t claimed) {
        capnp::MallocMessageBuilder message;
        fillCall(message, question, DoorMethod::TakeFd, claimed, 1);
        peer_->sendWithFds(message, fds);
        turn();
    }

    static uint64_t callWords() {
        capnp::MallocMessageBuilder message;
        fillCall(message, 0, DoorMethod::Wait, 0, 0);
        return message.sizeInWords();
    }

  private:
    static constexpr uint32_t kBootstrap = 1'000'000;
    static constexpr uint64_t kInterface = 0xD00D;

    class Service final : public capnp::Capability::Server {
      public:
        explicit Service(size_t& calls) : calls_(calls) {}
        DispatchCallResult dispatchCall(
            uint64_t, uint16_t method,
            capnp::CallContext<capnp::AnyPointer, capnp::AnyPointer> context) override {
            ++calls_;
            switch (static_cast<DoorMethod>(method)) {
                case DoorMethod::Wait:
                    return {kj::NEVER_DONE, false};
                case DoorMethod::Answer: {
                    const auto wanted =
                        context.getParams().getAs<capnp::AnyStruct>().getDataSection();
                    uint64_t bytes = 0;
                    std::memcpy(&bytes, wanted.begin(), std::min(wanted.size(), sizeof(bytes)));
                    answer(context, bytes);
                    return {kj::READY_NOW, false};
                }
                case DoorMethod::TakeFd: {
                    auto carrier = context.getParams()
                                       .getAs<capnp::AnyStruct>()
                                       .getPointerSection()[0]
                                       .getAs<capnp::Capability>();
                    auto brought = carrier.getFd();
                    return {brought.then(
                                [context, carrier = kj::mv(carrier)](kj::Maybe<int> fd) mutable {
                                    answer(context, fd == nullptr ? 0 : 1);
                                }),
                            false};
                }
            }
            return {kj::READY_NOW, false};
        }

      private:
        static void answer(capnp::CallContext<capnp::AnyPointer, capnp::AnyPointer>& context,
                           uint64_t bytes) {
            // In one segment, whatever their number, so that the message's length is known.
            constexpr uint64_t kRoomWords = 64;
            context.getResults(capnp::MessageSize{bytes / sizeof(capnp::word) + kRoomWords, 0})
                .initAs<capnp::Data>(static_cast<unsigned>(bytes));
        }
        size_t& calls_;
    };

    capnp::Capability::Client service() { return kj::heap<Service>(calls_); }

    static void fillCall(capnp::MallocMessageBuilder& message, uint32_t question, DoorMethod method,
                         uint64_t bytes, unsigned capabilities) {
        auto call = message.initRoot<capnp::rpc::Message>().initCall();
        call.setQuestionId(question);
        call.initTarget().setImportedCap(0);
        call.setInterfaceId(kInterface);
        call.setMethodId(static_cast<uint16_t>(method));
        auto params = call.initParams();
        auto content = params.getContent().initAsAnyStruct(1, 1);
        std::memcpy(content.getDataSection().begin(), &bytes, sizeof(bytes));
        if (method == DoorMethod::TakeFd) {
            // A pointer to the first capability of the table: a kind, and the number 0.
            const uint64_t capability = 3;
            std::memcpy(content.getDataSection().end(), &capability, sizeof(capability));
        }
        auto table = params.initCapTable(capabilities);
        for (unsigned i = 0; i < capabilities; ++i) {
            table[i].setSenderHosted(i);
            // Which descriptor of the message goes with it; used by TakeFd alone.
            table[i].setAttachedFd(static_cast<uint8_t>(bytes));
        }
    }

    static Answer read(capnp::rpc::Message::Reader message, uint64_t words) {
        Answer answer;
        answer.which = message.which();
        answer.words = words;
        if (message.isReturn()) {
            const auto returned = message.getReturn();
            answer.is_exception = returned.isException();
            if (returned.isResults()) {
                const auto content = returned.getResults().getContent();
                answer.bytes = content.isList() ? content.getAs<capnp::Data>().size() : 0;
            }
        }
        return answer;
    }

    kj::AsyncIoContext io_;
    size_t calls_ = 0;
    bool is_open_ = true;
    std::unique_ptr<RawRpcPeer> peer_;
    std::unique_ptr<ipc::PeerConnection> connection_;
};

}  // namespace evd::test
