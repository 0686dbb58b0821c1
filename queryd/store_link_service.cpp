#include "queryd/store_link_service.h"

#include "common/base/log.h"
#include "common/base/text.h"
#include "common/ipc/errors.h"
#include "common/ipc/peer_connection.h"

#include <capnp/store_control.capnp.h>
#include <chrono>
#include <condition_variable>
#include <optional>
#include <string>
#include <utility>

namespace evd::queryd {

namespace {

// How soon a thread that waits for the store notices that nobody wants the answer any more.
constexpr std::chrono::milliseconds kCancelLook{50};

base::Error storeAway() {
    return base::fail(base::ErrorKind::Busy, "the store is not there at the moment, try again");
}

}  // namespace

struct StoreLink::Connection {
    Connection(kj::Own<kj::AsyncIoStream> connected, kj::TaskSet::ErrorHandler& errors)
        : client(kj::mv(connected), ipc::kStoreControlCaller),
          store(client.bootstrap().castAs<schema::StoreControl>()),
          watch(errors) {
        watch.add(client.onDisconnect().then([this]() { is_lost = true; }));
    }

    ipc::PeerConnection client;
    schema::StoreControl::Client store;
    bool is_lost = false;  // kept until there is another one
    kj::TaskSet watch;
};

// One question to the store on its way. The thread that asked waits on it; the loop answers, once.
template <typename T>
struct StoreLink::Command {
    std::mutex mutex;
    std::condition_variable answered;
    std::optional<base::Result<T>> outcome;

    void answer(base::Result<T> given) {
        const std::lock_guard lock(mutex);
        outcome = std::move(given);
        answered.notify_all();
    }
    void fail(const kj::Exception& exception) {
        const bool is_lost = exception.getType() == kj::Exception::Type::DISCONNECTED;
        answer(is_lost ? storeAway() : ipc::toError(exception));
    }
};

StoreLink::StoreLink(const base::Clock& clock, kj::AsyncIoContext& io)
    : clock_(clock),
      provider_(*io.lowLevelProvider),
      timer_(io.provider->getTimer()),
      calls_(io.unixEventPort),
      tasks_(*this) {
    tasks_.add(reportForEver());
}

StoreLink::~StoreLink() noexcept = default;

void StoreLink::connect(base::Fd socket) {
    kj::TaskSet::ErrorHandler& errors = *this;
    ++connection_number_;
    connection_ = kj::heap<Connection>(ipc::adoptSocket(std::move(socket), provider_), errors);
}

bool StoreLink::isConnected() const {
    return connection_.get() != nullptr && !connection_->is_lost;
}

void StoreLink::taskFailed(kj::Exception&& exception) {
    base::logWarning(base::cat("the connection to the store: ", ipc::toError(exception).text,
                               ", going on without reports"));
}

kj::Promise<void> StoreLink::reportForEver() {
    return timer_.afterDelay(kReportIntervalMs * kj::MILLISECONDS).then([this]() {
        report();
        reportRollups();
        return reportForEver();
    });
}

void StoreLink::report() {
    if (is_reporting_) {
        return;
    }
    const auto counts = reports_.take(kFieldsPerReportMax);
    if (counts.empty()) {
        return;
    }
    if (!isConnected()) {
        reports_.noteDropped(counts.size());
        return;
    }
    auto request = connection_->store.countFieldsRequest();
    auto fields = request.initFields(static_cast<unsigned>(counts.size()));
    for (unsigned i = 0; i < fields.size(); ++i) {
        fields[i].setField({counts[i].field.c_str(), counts[i].field.size()});
        fields[i].setQueries(counts[i].queries);
    }
    is_reporting_ = true;
    tasks_.add(request.send().then([this](auto&&) { is_reporting_ = false; },
                                   [this, dropped = counts.size()](kj::Exception&&) {
                                       is_reporting_ = false;
                                       reports_.noteDropped(dropped);
                                   }));
}

void StoreLink::reportRollups() {
    if (is_reporting_rollups_) {
        return;
    }
    const auto counts = rollups_.take(kRollupsPerReportMax);
    if (counts.empty()) {
        return;
    }
    if (!isConnected()) {
        rollups_.noteDropped(counts.size());
        return;
    }
    auto request = connection_->store.countRollupsRequest();
    auto rollups = request.initRollups(static_cast<unsigned>(counts.size()));
    for (unsigned i = 0; i < rollups.size(); ++i) {
        rollups[i].setFunction(static_cast<uint8_t>(counts[i].function));
        rollups[i].setWindowSeconds(counts[i].window_seconds);
        rollups[i].setQueries(counts[i].queries);
    }
    is_reporting_rollups_ = true;
    tasks_.add(request.send().then([this](auto&&) { is_reporting_rollups_ = false; },
                                   [this, dropped = counts.size()](kj::Exception&&) {
                                       is_reporting_rollups_ = false;
                                       rollups_.noteDropped(dropped);
                                   }));
}

// Shared with the loop: when the wait is given up, the loop may still hold the command.
template <typename T>
base::Result<T> StoreLink::ask(std::function<void(const std::shared_ptr<Command<T>>&)> send,
                               int64_t deadline_monotonic_ns, const std::atomic<bool>* cancelled) {
    auto command = std::make_shared<Command<T>>();
    calls_.call([this, command, send = std::move(send)] {
        if (isConnected()) {
            send(command);
        } else {
            command->answer(storeAway());
        }
    });
    std::unique_lock lock(command->mutex);
    while (!command->outcome) {
        if (cancelled != nullptr && *cancelled) {
            return base::fail(base::ErrorKind::Gone, "the question was cancelled");
        }
        if (clock_.monotonicNs() >= deadline_monotonic_ns) {
            return base::fail(base::ErrorKind::Busy, "the store did not answer in time");
        }
        command->answered.wait_for(lock, kCancelLook);
    }
    return *command->outcome;
}

base::Result<void> StoreLink::index(const std::string& field, int64_t deadline_monotonic_ns,
                                    const std::atomic<bool>* cancelled) {
    using IndexCommand = std::shared_ptr<Command<void>>;
    const auto send = [this, field](const IndexCommand& command) {
        auto request = connection_->store.indexRequest();
        request.setField({field.c_str(), field.size()});
        tasks_.add(request.send().then(
            [command](auto&&) { command->answer({}); },
            [command](kj::Exception&& exception) { command->fail(exception); }));
    };
    return ask<void>(send, deadline_monotonic_ns, cancelled);
}

base::Result<StableId> StoreLink::stableId(int64_t deadline_monotonic_ns,
                                           const std::atomic<bool>* cancelled) {
    using StableCommand = std::shared_ptr<Command<StableId>>;
    const auto send = [this](const StableCommand& command) {
        tasks_.add(connection_->store.stableIdRequest().send().then(
            [command, connection = connection_number_](auto&& answer) {
                command->answer(StableId{answer.getId(), connection});
            },
            [command](kj::Exception&& exception) { command->fail(exception); }));
    };
    return ask<StableId>(send, deadline_monotonic_ns, cancelled);
}

}  // namespace evd::queryd
