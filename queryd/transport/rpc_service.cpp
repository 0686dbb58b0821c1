#include "queryd/transport/rpc_service.h"

#include "common/base/log.h"
#include "common/base/text.h"
#include "common/ipc/errors.h"
#include "common/ipc/peer_connection.h"
#include "queryd/transport/rpc_session_service.h"

#include <fcntl.h>
#include <utility>

namespace evd::queryd {

namespace {

constexpr auto kAcceptPause = 100 * kj::MILLISECONDS;
constexpr uint64_t kTextsUnansweredMax = 16;  // of the greatest length

// Every call that can wait has a place in HeldCounts, so no number of them stops the reading.
static_assert(RpcLimits{}.questions_per_connection_max + kSubscriptionsPerConnectionMax +
                  kStatusCallsPerConnectionMax <
              ipc::kQueryDoor.unanswered_calls_max);
static_assert(ipc::kQueryDoor.unanswered_calls_max < ipc::kQueryDoor.held_calls_max);

}  // namespace

// One client. Its places in the counts are given back when it goes; members are destroyed in the
// opposite order of their making, the RPC system first.
struct RpcService::Connection {
    Connection(RpcService& service_in, kj::Own<kj::AsyncIoStream> stream_in, Caller caller)
        : service(service_in),
          user_sid(caller.user_sid),
          peer(kj::mv(stream_in),
               makeRpcSession(
                   std::move(caller),
                   {service.runner_, service.group_status_, service.activity_, service.timer_,
                    service.calls_.caller(), service.limits_, service.boot_id_}),
               service.door(), [this](std::string_view reason) { service.noteEnded(reason); }) {
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
    ipc::PeerConnection peer;
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
      calls_(io.unixEventPort),
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
            auto gone = connection->peer.onDisconnect();
            tasks_.add(gone.attach(kj::mv(connection)));
        }
    }
}

ipc::DoorLimits RpcService::door() const {
    ipc::DoorLimits door = ipc::kQueryDoor;
    door.received_bytes_max = limits_.message_bytes_max + ipc::kQueryOverheadBytes;
    door.unanswered_bytes_max = kTextsUnansweredMax * door.received_bytes_max;
    return door;
}

// Anybody may cause this as often as they like.
void RpcService::noteEnded(std::string_view reason) {
    const int64_t now_ns = (timer_.now() - kj::origin<kj::TimePoint>()) / kj::NANOSECONDS;
    if (const auto kept_back = ended_line_.pass(now_ns)) {
        base::logWarning(base::cat("the connection of ", ipc::kQueryDoor.name, " is ended: ",
                                   reason, " (", *kept_back, " more were ended before)"));
    }
}

// One client's broken protocol is that client's affair.
void RpcService::taskFailed(kj::Exception&&) {}

}  // namespace evd::queryd
