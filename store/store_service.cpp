#include "store/store_service.h"

#include "common/base/log.h"
#include "common/base/text.h"
#include "common/db/sqlite.h"
#include "common/ipc/errors.h"
#include "common/ipc/notice.h"
#include "sandbox/confine.h"
#include "store/config_changes.h"
#include "store/shard_files.h"

#include <utility>

namespace evd::store {

namespace {

constexpr std::string_view kCollectorFd = "collector";
constexpr std::string_view kQuerydFd = "queryd";
constexpr std::string_view kNoticeSocket = "notices.sock";

BatchPolicy::Limits batchLimits(const config::Settings& settings) {
    return {settings.number("MaxBatchSize"),
            static_cast<int64_t>(settings.number("MaxBatchLatencyMs")) * base::kNsPerMs};
}

int64_t checkpointBytes(const config::Settings& settings) {
    return static_cast<int64_t>(settings.number("WalCheckpointPages")) *
           CheckpointPolicy::kPageBytes;
}

RetentionLimits retentionLimits(const config::Settings& settings) {
    constexpr int64_t kNsPerMinute = 60 * base::kNsPerSecond;
    return {static_cast<uint32_t>(settings.number("EventRetentionDays")),
            settings.number("EventRetentionMaxBytes"),
            static_cast<int64_t>(settings.number("RetentionCheckIntervalMinutes")) * kNsPerMinute};
}

Shedding::Settings sheddingSettings(const config::Settings& settings) {
    return {static_cast<int64_t>(settings.number("SheddingWindowSeconds")) * base::kNsPerSecond,
            static_cast<uint32_t>(settings.number("SheddingBatchPercent")),
            static_cast<uint32_t>(settings.number("EmergencySheddingBufferPercent"))};
}

PolicyThread::Settings policySettings(const config::Settings& settings) {
    constexpr int64_t kMinuteNs = 60 * base::kNsPerSecond;
    const auto number = [&](std::string_view name) {
        return static_cast<int64_t>(settings.number(name));
    };
    return {{number("AdaptiveIndexWindowHours") * 60 * kMinuteNs,
             settings.number("AdaptiveIndexCreateThreshold"),
             settings.number("AdaptiveIndexDropThreshold")},
            number("AdaptiveIndexPolicyIntervalMinutes") * kMinuteNs};
}

EventStoreSettings eventStoreSettings(const config::Settings& settings) {
    return {
        settings.text("EventStorePath"), static_cast<uint16_t>(settings.number("StorageShards")),
        batchLimits(settings),           checkpointBytes(settings),
        retentionLimits(settings),       sheddingSettings(settings)};
}

// Beside the query socket, where the supervisor makes it for queryd.
std::string noticeSocketPath(const config::Settings& settings) {
    const std::string& query = settings.text("QuerySocketPath");
    const size_t slash = query.rfind('/');
    return base::cat(slash == std::string::npos ? "" : query.substr(0, slash + 1), kNoticeSocket);
}

// What SQLite wants of the machine once is done before the jail closes; the folder must exist for
// Landlock to name it.
void prepareAndConfine(const std::string& directory) {
    db::prepareProcess();
    ipc::okOrThrow(makeStoreDirectory(directory));
    db::setTemporaryDirectory(directory);
    sandbox::Confinement confinement;
    confinement.role = sandbox::Role::Store;
    confinement.paths = {{directory, sandbox::PathAccess::ReadWrite}};
    ipc::okOrThrow(sandbox::confine(confinement));
}

}  // namespace

StoreService::~StoreService() noexcept {
    if (event_store_ != nullptr) {
        event_store_->stopWriters();
    }
}

kj::Promise<std::vector<wire::ResumePoint>> StoreService::start(ipc::StartParams params,
                                                                ipc::SupervisorLink&,
                                                                kj::AsyncIoContext& io) {
    io_ = &io;
    settings_ = params.settings;
    const EventStoreSettings settings = eventStoreSettings(params.settings);
    batch_events_max_ = static_cast<uint32_t>(settings.batch.rows_max);
    prepareAndConfine(settings.directory);
    wakeup_ = std::make_unique<ipc::LoopWakeup>([this]() { onReports(); });
    auto publisher = bus::Publisher::connect(noticeSocketPath(params.settings));
    if (publisher.ok()) {
        publisher_ = std::move(publisher).value();
    } else {
        base::logWarning(base::cat(publisher.error().text, ", going on without commit notices"));
    }
    EventStoreListener& listener = *this;
    event_store_ = ipc::takeOrThrow(EventStore::open(settings, params.boot_id, clock_, listener));
    startIndexPolicy(params.settings);
    if (early_collector_.valid()) {
        connectCollector(std::move(early_collector_));
    }
    if (early_queryd_.valid()) {
        connectQueryd(std::move(early_queryd_));
    }
    return event_store_->resumePoints();
}

void StoreService::takeFd(std::string name, base::Fd fd) {
    const bool is_queryd = name == kQuerydFd;
    if (!is_queryd && name != kCollectorFd) {
        ipc::throwError(base::fail(base::ErrorKind::Invalid,
                                   base::cat("the store has no use for a descriptor ", name)));
    }
    if (event_store_ == nullptr) {
        (is_queryd ? early_queryd_ : early_collector_) = std::move(fd);
    } else if (is_queryd && policy_ != nullptr) {
        connectQueryd(std::move(fd));
    } else if (!is_queryd && !is_drained_) {
        connectCollector(std::move(fd));
    }
}

void StoreService::connectQueryd(base::Fd socket) {
    queryd_.reset();
    queryd_ = std::make_unique<ControlConnection>(std::move(socket), *policy_, control_figures_,
                                                  clock_, *io_->lowLevelProvider);
}

// A meta database that cannot be had costs knowledge, not records: the store runs without.
void StoreService::startIndexPolicy(const config::Settings& settings) {
    auto opened = MetaStore::open(settings.text("EventStorePath"), clock_);
    if (!opened.ok()) {
        base::logWarning(base::cat("the index policy is not persisted: ", opened.error().text));
    } else if (!opened.value().trouble.empty()) {
        base::logError(opened.value().trouble);
    }
    desired_wakeup_ = std::make_unique<ipc::LoopWakeup>([this]() { onDesiredIndexes(); });
    policy_ = std::make_unique<PolicyThread>(
        policySettings(settings),
        opened.ok() ? std::move(opened.value().store) : std::unique_ptr<MetaStore>(), clock_,
        [this](DesiredIndexesView desired) {
            {
                const std::lock_guard lock(desired_mutex_);
                desired_indexes_ = std::move(desired);
            }
            desired_wakeup_->signal();
        });
    onDesiredIndexes();
}

void StoreService::onDesiredIndexes() {
    DesiredIndexesView desired;
    {
        const std::lock_guard lock(desired_mutex_);
        desired = desired_indexes_;
    }
    event_store_->wantIndexes(std::move(desired));
}

void StoreService::connectCollector(base::Fd socket) {
    // The old connection first: from here on nothing of it comes in any more.
    collector_.reset();
    IngestHost& host = *this;
    collector_ =
        std::make_unique<CollectorConnection>(std::move(socket), host, *io_->lowLevelProvider);
}

void StoreService::configure(const config::Settings& settings) {
    batch_events_max_ = static_cast<uint32_t>(batchLimits(settings).rows_max);
    if (event_store_ != nullptr) {
        event_store_->configure(batchLimits(settings), checkpointBytes(settings));
        event_store_->queueRecords(configChangeEvents(clock_.wallNs(), settings_, settings));
        event_store_->configureRetention(retentionLimits(settings));
        event_store_->configureShedding(sheddingSettings(settings));
    }
    if (policy_ != nullptr) {
        policy_->configure(policySettings(settings));
    }
    settings_ = settings;
}

kj::Promise<void> StoreService::drain() {
    if (event_store_ == nullptr || is_drained_) {
        return kj::READY_NOW;
    }
    event_store_->refuseRuns();
    return whenIdle()
        .then([this]() {
            event_store_->queueShutdown();
            return whenIdle();
        })
        .then([this]() {
            collector_.reset();
            queryd_.reset();
            policy_.reset();
            desired_wakeup_.reset();
            event_store_->stopWriters();
            wakeup_.reset();
            is_drained_ = true;
        });
}

std::vector<wire::Measure> StoreService::measures() {
    if (event_store_ == nullptr) {
        return {};
    }
    std::vector<wire::Measure> all = event_store_->measures();
    all.push_back({"fields_counted", static_cast<int64_t>(control_figures_.fields_counted)});
    all.push_back({"fields_ignored", static_cast<int64_t>(control_figures_.fields_ignored)});
    return all;
}

kj::Promise<void> StoreService::whenIdle() {
    if (event_store_->isIdle()) {
        return kj::READY_NOW;
    }
    auto pair = kj::newPromiseAndFulfiller<void>();
    waiting_for_idle_.push_back(kj::mv(pair.fulfiller));
    return kj::mv(pair.promise);
}

void StoreService::onReports() {
    event_store_->pump();
    if (event_store_->isIdle()) {
        for (auto& fulfiller : std::exchange(waiting_for_idle_, {})) {
            fulfiller->fulfill();
        }
    }
}

void StoreService::committed(const wire::CommitNotice& notice) {
    const auto message = ipc::encodeCommitNotice(notice);
    const std::lock_guard lock(publisher_mutex_);
    if (publisher_ != nullptr) {
        publisher_->publish(ipc::kCommitTopic, message);
    }
}

}  // namespace evd::store
