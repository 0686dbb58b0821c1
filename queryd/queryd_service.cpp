#include "queryd/queryd_service.h"

#include "common/base/log.h"
#include "common/base/text.h"
#include "common/bus/bus.h"
#include "common/config/socket_paths.h"
#include "common/db/sqlite.h"
#include "common/db/store_files.h"
#include "common/ipc/errors.h"
#include "common/ipc/loop_calls.h"
#include "common/ipc/notice.h"
#include "queryd/access/access_backend.h"
#include "queryd/access/access_policy.h"
#include "queryd/access/audit_trail.h"
#include "queryd/access/authority.h"
#include "queryd/admission.h"
#include "queryd/exec/query_engine.h"
#include "queryd/listener.h"
#include "queryd/session.h"
#include "queryd/store_link_service.h"
#include "queryd/stream/commit_listener.h"
#include "queryd/transport/rpc_service.h"
#include "sandbox/confine.h"

#include <array>
#include <atomic>
#include <set>
#include <utility>

namespace evd::queryd {

namespace {

constexpr std::string_view kStoreEdge = "store";
constexpr std::string_view kKmesEdge = "kmes";
constexpr std::array<std::string_view, 3> kSockets = {"query", "rpc", "notices"};

AdmissionLimits admissionLimits(const config::Settings& settings) {
    return {settings.number("MaxConcurrentQueries"), settings.number("MaxStreamingQueries"),
            settings.number("MaxQueriesPerUser")};
}

std::string logStorePath(const config::Settings& settings) {
    return db::singleStorePath(settings.text("LogStorePath"), "logs.db");
}

std::string metricStorePath(const config::Settings& settings) {
    return db::singleStorePath(settings.text("MetricStorePath"), "metrics.db");
}

// What the engine reads anew for every question.
struct LiveSettings {
    explicit LiveSettings(const config::Settings& settings) { take(settings); }
    void take(const config::Settings& settings) {
        metric_staleness_ms = static_cast<int64_t>(settings.number("MetricStalenessMs"));
        cross_window_ms = static_cast<int64_t>(settings.number("CrossTypeWindowMs"));
        cross_lookback_seconds =
            static_cast<int64_t>(settings.number("CrossTypeMaxLookbackSeconds"));
        memory_bytes_max = settings.number("MaxQueryMemoryBytes");
    }

    std::atomic<int64_t> metric_staleness_ms{0};
    std::atomic<int64_t> cross_window_ms{0};
    std::atomic<int64_t> cross_lookback_seconds{0};
    std::atomic<uint64_t> memory_bytes_max{0};
};

EngineConfig engineConfig(const config::Settings& settings, const LiveSettings& live,
                          AccessPolicy& access) {
    EngineConfig config;
    config.event_store_path = settings.text("EventStorePath");
    config.log_store_path = logStorePath(settings);
    config.metric_store_path = metricStorePath(settings);
    config.metric_staleness_ms = &live.metric_staleness_ms;
    config.cross_window_ms = &live.cross_window_ms;
    config.cross_lookback_seconds = &live.cross_lookback_seconds;
    config.access = &access;
    config.memory_bytes_max = live.memory_bytes_max;
    config.live_memory_bytes_max = &live.memory_bytes_max;
    return config;
}

WaitingLimits waitingLimits(const config::Settings& settings) {
    WaitingLimits limits;
    limits.message_bytes_max = settings.number("MaxQueryMessageBytes");
    return limits;
}

RpcLimits rpcLimits(const config::Settings& settings) {
    RpcLimits limits;
    limits.message_bytes_max = settings.number("MaxQueryMessageBytes");
    return limits;
}

void confineTo(const config::Settings& settings) {
    db::prepareProcess();
    sandbox::Confinement confinement;
    confinement.role = sandbox::Role::Queryd;
    // The folders of the log and the metric store and not their files: beside those lie their
    // write-ahead logs and what quarantine has put away.
    std::set<std::string> folders = {settings.text("EventStorePath"),
                                     db::folderOf(logStorePath(settings)),
                                     db::folderOf(metricStorePath(settings))};
    for (const std::string& folder : folders) {
        confinement.paths.push_back({folder, sandbox::PathAccess::Read});
    }
    confinement.fds_max = kQuerydFdsMax;
    ipc::okOrThrow(sandbox::confine(confinement));
}

std::unique_ptr<bus::Subscriber> hearCommits(base::Fd listening, const std::string& socket_path) {
    return ipc::takeOrThrow(
        bus::Subscriber::listen(std::move(listening), socket_path, ipc::kCommitTopic));
}

}  // namespace

// The parts list of the process, in the order in which they lean on one another; they go in the
// opposite order, so that nobody asks a part that is gone.
struct QuerydParts {
    QuerydParts(const base::Clock& clock, const ipc::StartParams& params,
                std::unique_ptr<bus::Subscriber> subscriber, ProcessName process,
                kj::AsyncIoContext& io)
        : commits(std::move(subscriber)),
          store(clock, io),
          live(params.settings),
          audit(clock, std::move(process)),
          access(chooseAccessBackend(kernelKacs(), {params.owner_uid, params.admin_gids}, audit)),
          policy(*access.checker),
          engine(makeQueryEngine(engineConfig(params.settings, live, policy), clock,
                                 commits.signal(), &store)),
          admission(admissionLimits(params.settings)),
          sessions(*engine, admission, clock, params.settings.number("QueryTimeoutMs")),
          boot_id(params.boot_id),
          calls(io.unixEventPort) {
        policy.install(params.settings.security());
        base::logInfo(base::cat("access: ", access.description));
    }

    void serve(base::Fd query_socket, base::Fd rpc_socket, const base::Clock& clock,
               const config::Settings& settings, ipc::SupervisorLink& supervisor,
               kj::AsyncIoContext& io) {
        timer = &io.provider->getTimer();
        listener = ipc::takeOrThrow(Listener::start(std::move(query_socket), *access.authority,
                                                    sessions, clock, waitingLimits(settings)));
        rpc = std::make_unique<RpcService>(
            std::move(rpc_socket), *access.authority, sessions,
            [&supervisor]() { return supervisor.groupStatus(); }, io, rpcLimits(settings), boot_id);
    }

    CommitListener commits;
    StoreLink store;
    LiveSettings live;
    AuditTrail audit;
    AccessBackend access;
    AccessPolicy policy;
    std::unique_ptr<QueryEngine> engine;
    Admission admission;
    Sessions sessions;
    const base::Guid boot_id;
    ipc::LoopCalls calls;
    kj::Own<kj::PromiseFulfiller<void>> idle;  // of a drain: no question runs any more
    std::unique_ptr<Listener> listener;
    std::unique_ptr<RpcService> rpc;
    kj::Timer* timer = nullptr;
};

QuerydService::QuerydService(const base::Clock& clock) : clock_(clock) {}
QuerydService::~QuerydService() noexcept = default;

kj::Promise<std::vector<wire::ResumePoint>> QuerydService::start(ipc::StartParams params,
                                                                 ipc::SupervisorLink& supervisor,
                                                                 kj::AsyncIoContext& io) {
    ProcessName process = ownProcessName();  // which nobody can find out in a jail
    confineTo(params.settings);
    auto subscriber =
        hearCommits(giveSocket("notices"), config::socketPaths(params.settings).notices);
    parts_ = std::make_unique<QuerydParts>(clock_, params, std::move(subscriber),
                                           std::move(process), io);
    if (early_store_.valid()) {
        parts_->store.connect(std::move(early_store_));
    }
    if (early_kmes_.valid()) {
        parts_->audit.connect(std::move(early_kmes_));
    }
    parts_->serve(giveSocket("query"), giveSocket("rpc"), clock_, params.settings, supervisor, io);
    return std::vector<wire::ResumePoint>();
}

base::Fd QuerydService::giveSocket(const std::string& name) {
    const auto found = sockets_.find(name);
    if (found == sockets_.end()) {
        ipc::throwError(base::fail(base::ErrorKind::Invalid,
                                   base::cat("queryd was not given the socket ", name)));
    }
    base::Fd socket = std::move(found->second);
    sockets_.erase(found);
    return socket;
}

void QuerydService::takeFd(std::string name, base::Fd fd) {
    if (name == kStoreEdge) {
        if (parts_ != nullptr) {
            parts_->store.connect(std::move(fd));
        } else {
            early_store_ = std::move(fd);
        }
        return;
    }
    if (name == kKmesEdge) {
        if (parts_ != nullptr) {
            parts_->audit.connect(std::move(fd));
        } else {
            early_kmes_ = std::move(fd);
        }
        return;
    }
    const bool is_known = std::find(kSockets.begin(), kSockets.end(), name) != kSockets.end();
    if (!is_known || parts_ != nullptr) {
        base::logWarning(base::cat("no use for a descriptor named ", name, ", closing it"));
        return;
    }
    sockets_.insert_or_assign(std::move(name), std::move(fd));
}

void QuerydService::configure(const config::Settings& settings) {
    if (parts_ == nullptr) {
        return;
    }
    const uint64_t message_bytes_max = settings.number("MaxQueryMessageBytes");
    parts_->policy.install(settings.security());
    parts_->admission.setLimits(admissionLimits(settings));
    parts_->live.take(settings);
    parts_->sessions.setTimeout(settings.number("QueryTimeoutMs"));
    parts_->listener->setMessageBytesMax(message_bytes_max);
    parts_->rpc->setMessageBytesMax(message_bytes_max);
}

kj::Promise<void> QuerydService::drain() {
    if (parts_ == nullptr) {
        return kj::READY_NOW;
    }
    parts_->listener->stopAccepting();
    parts_->rpc->stopAccepting();
    auto idle = kj::newPromiseAndFulfiller<void>();
    parts_->idle = kj::mv(idle.fulfiller);
    parts_->sessions.beginStop([this, loop = parts_->calls.caller()]() {
        loop.call([this]() { parts_->idle->fulfill(); });
    });
    auto all_ended = idle.promise.fork();
    auto patience = parts_->timer->afterDelay(kDrainPatienceMs * kj::MILLISECONDS)
                        .then([this, late = all_ended.addBranch()]() mutable {
                            parts_->sessions.cancelAll();
                            return kj::mv(late);
                        });
    return all_ended.addBranch()
        .exclusiveJoin(kj::mv(patience))
        .then([this]() {
            return parts_->rpc->whenQuiet().exclusiveJoin(
                parts_->timer->afterDelay(kLastWordsMs * kj::MILLISECONDS));
        })
        .then([this]() { parts_.reset(); });
}

std::vector<wire::Measure> QuerydService::measures() {
    if (parts_ == nullptr) {
        return {};
    }
    parts_->sessions.reap();
    const QuestionCounts counts = parts_->sessions.counts();
    const auto number = [](uint64_t value) { return static_cast<int64_t>(value); };
    return {{"queries_running", number(counts.running)},
            {"queries_streaming", number(counts.streaming)},
            {"queries_started", number(counts.started)},
            {"queries_refused", number(counts.refused)},
            {"query_connections", number(parts_->listener->connectionsAccepted())},
            {"rpc_connections", number(parts_->rpc->connections())},
            {"commit_notices", number(parts_->commits.noticeCount())},
            {"commit_notices_dropped", number(parts_->commits.droppedCount())},
            {"audit_events", number(parts_->audit.emitted())},
            {"audit_events_dropped", number(parts_->audit.dropped())},
            {"field_reports_dropped", number(parts_->store.droppedReports())},
            {"store_connected", parts_->store.isConnected() ? 1 : 0}};
}

}  // namespace evd::queryd
