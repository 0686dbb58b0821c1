#include "queryd/transport/rpc_service.h"

#include "common/base/log.h"
#include "common/base/text.h"
#include "common/ipc/errors.h"
#include "queryd/transport/rpc_message_stream_service.h"
#include "queryd/transport/rpc_session_service.h"

#include <capnp/rpc-twoparty.h>
#include <fcntl.h>
#include <utility>

namespace evd::queryd {

namespace {

constexpr auto kAcceptPause = 100 * kj::MILLISECONDS;
constexpr uint64_t kWordBytes = sizeof(capnp::word);

uint64_t messageWordsMax(const RpcLimits& limits) {
    return (limits.message_bytes_max + kRpcOverheadBytes) / kWordBytes + 1;
}

capnp::ReaderOptions readerOptions() {
    capnp::ReaderOptions options;
    options.traversalLimitInWords = kRpcSentBytesMax / kWordBytes;
    options.nestingLimit = kRpcNestingMax;
    return options;
}

}  // namespace

// One client. Its places in the counts are given back when it goes; members are destroyed in the
// opposite order of their making, the RPC system first.
struct RpcService::Connection {
    Connection(RpcService& service_in, kj::Own<kj::AsyncIoStream> stream_in, Caller caller)
        : service(service_in),
          user_sid(caller.user_sid),
          stream(kj::mv(stream_in)),
          messages(*stream, messageWordsMax(service.limits_)),
          network(messages, capnp::rpc::twoparty::Side::SERVER, readerOptions()),
          system(capnp::makeRpcServer(
              network, makeRpcSession(std::move(caller),
                                      {service.runner_, service.group_status_, service.activity_,
                                       service.timer_, service.limits_, service.boot_id_}))) {
        system.setFlowLimit(messageWordsMax(service.limits_) * kRpcCallsInFlightMax);
        ++service.connections_;
        ++service.by_user_.try_emplace(user_sid, 0).first->second;
    }
    ~Connection() {
        --service.connections_;
        const auto user = service.by_user_.find(user_sid);
        if (--user->second == 0) {
            service.by_user_.erase(user);
        }
    }
    KJ_DISALLOW_COPY(Connection);

    RpcService& service;
    std::string user_sid;
    kj::Own<kj::AsyncIoStream> stream;
    BoundedMessageStream messages;
    capnp::TwoPartyVatNetwork network;
    capnp::RpcSystem<capnp::rpc::twoparty::VatId> system;
};

RpcService::RpcService(base::Fd listening, const Authority& authority, QuestionRunner& runner,
                       GroupStatusSource group_status, kj::AsyncIoContext& io, RpcLimits limits,
                       const base::Guid& boot_id)
    : authority_(authority),
      runner_(runner),
      group_status_(std::move(group_status)),
      timer_(io.provider->getTimer()),
      limits_(limits),
      boot_id_(boot_id),
      listening_(io.lowLevelProvider->wrapListenSocketFd(
          listening.release(), kj::LowLevelAsyncIoProvider::TAKE_OWNERSHIP |
                                   kj::LowLevelAsyncIoProvider::ALREADY_CLOEXEC)),
      tasks_(*this) {
    accepting_ = acceptLoop().eagerlyEvaluate([](kj::Exception&& exception) {
        base::logError(base::cat("the rpc socket is lost: ", ipc::toError(exception).text));
    });
}

RpcService::~RpcService() noexcept(false) = default;

// A failed accept (no descriptors left) is survived: the newcomer stays in the kernel's queue.
kj::Promise<void> RpcService::acceptLoop() {
    return listening_->accept()
        .then(
            [this](kj::Own<kj::AsyncIoStream> stream) -> kj::Promise<void> {
                welcome(kj::mv(stream));
                return kj::READY_NOW;
            },
            [this](kj::Exception&& exception) -> kj::Promise<void> {
                base::logWarning(base::cat("cannot accept an rpc connection: ",
                                           ipc::toError(exception).text, ", trying again"));
                return timer_.afterDelay(kAcceptPause);
            })
        .then([this]() { return acceptLoop(); });
}

bool RpcService::mayEnter(const Caller& caller) const {
    if (caller.system) {
        return true;
    }
    const auto found = by_user_.find(caller.user_sid);
    const size_t of_user = found == by_user_.end() ? 0 : found->second;
    return connections_ < limits_.connections_max && of_user < limits_.per_user_max;
}

void RpcService::welcome(kj::Own<kj::AsyncIoStream> stream) {
    KJ_IF_MAYBE (fd, stream->getFd()) {
        auto caller = authority_.identify(*fd);
        if (caller.ok() && mayEnter(caller.value())) {
            auto connection =
                kj::heap<Connection>(*this, kj::mv(stream), std::move(caller).value());
            auto gone = connection->network.onDisconnect();
            tasks_.add(gone.attach(kj::mv(connection)));
        }
    }
}

// One client's broken protocol is that client's affair.
void RpcService::taskFailed(kj::Exception&&) {}

}  // namespace evd::queryd
