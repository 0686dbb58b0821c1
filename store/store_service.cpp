#include "store/store_service.h"

#include "common/base/log.h"
#include "common/base/text.h"
#include "common/db/sqlite.h"
#include "common/ipc/errors.h"
#include "common/ipc/notice.h"
#include "sandbox/confine.h"
#include "store/config_changes.h"
#include "store/database_files.h"
#include "store/health_report.h"

#include <utility>

namespace evd::store {

namespace {

// The first report comes when the group has just told its first figures.
constexpr int64_t kHealthFirstNs = 2 * base::kNsPerSecond;
constexpr int64_t kHealthIntervalNs = 15 * base::kNsPerSecond;
constexpr std::string_view kCollectorFd = "collector";
constexpr std::string_view kQuerydFd = "queryd";
constexpr std::string_view kIngestFd = "ingest";
constexpr std::string_view kNoticeSocket = "notices.sock";

// Beside the query socket, where the supervisor makes it for queryd.
std::string noticeSocketPath(const config::Settings& settings) {
    const std::string& query = settings.text("QuerySocketPath");
    const size_t slash = query.rfind('/');
    return base::cat(slash == std::string::npos ? "" : query.substr(0, slash + 1), kNoticeSocket);
}

// What SQLite wants of the machine once is done before the jail closes; the folders must exist for
// Landlock to name them.
void prepareAndConfine(const StorePaths& paths) {
    db::prepareProcess();
    sandbox::Confinement confinement;
    confinement.role = sandbox::Role::Store;
    for (const std::string& folder : paths.folders()) {
        ipc::okOrThrow(makeStoreDirectory(folder));
        confinement.paths.push_back({folder, sandbox::PathAccess::ReadWrite});
    }
    db::setTemporaryDirectory(paths.events);
    ipc::okOrThrow(sandbox::confine(confinement));
}

}  // namespace

StoreService::~StoreService() noexcept {
    if (event_store_ != nullptr) {
        event_store_->stopWriters();
    }
    if (record_stores_ != nullptr) {
        record_stores_->stopWriters();
    }
}

kj::Promise<std::vector<wire::ResumePoint>> StoreService::start(ipc::StartParams params,
                                                                ipc::SupervisorLink& supervisor,
                                                                kj::AsyncIoContext& io) {
    io_ = &io;
    supervisor_ = &supervisor;
    settings_ = params.settings;
    const EventStoreSettings settings = eventStoreSettings(params.settings);
    batch_events_max_ = static_cast<uint32_t>(settings.batch.rows_max);
    const StorePaths paths = storePaths(params.settings);
    prepareAndConfine(paths);
    wakeup_ = std::make_unique<ipc::LoopWakeup>(io.unixEventPort, [this]() { onReports(); });
    auto publisher = bus::Publisher::connect(noticeSocketPath(params.settings));
    if (publisher.ok()) {
        publisher_ = std::move(publisher).value();
    } else {
        base::logWarning(base::cat(publisher.error().text, ", going on without commit notices"));
    }
    openStores(settings, paths, params.boot_id);
    startIndexPolicy(params.settings);
    if (early_collector_.valid()) {
        connectCollector(std::move(early_collector_));
    }
    if (early_queryd_.valid()) {
        connectQueryd(std::move(early_queryd_));
    }
    if (early_ingest_.valid()) {
        connectIngest(std::move(early_ingest_));
    }
    health_ = reportHealth(kHealthFirstNs).eagerlyEvaluate(nullptr);
    return event_store_->resumePoints();
}

kj::Promise<void> StoreService::reportHealth(int64_t after_ns) {
    return io_->provider->getTimer()
        .afterDelay(after_ns * kj::NANOSECONDS)
        .then([this]() { return supervisor_->groupStatus(); })
        .then([this](std::vector<wire::ProcessStatus> processes) { storeHealth(processes); },
              [](kj::Exception&&) {})  // the supervisor is gone, and so shall we be
        .then([this]() { return reportHealth(kHealthIntervalNs); });
}

void StoreService::storeHealth(const std::vector<wire::ProcessStatus>& processes) {
    auto samples = healthSamples(processes);
    for (auto& [shard, seconds] : event_store_->commitSeconds()) {
        samples.push_back(commitSample("events", shard, seconds));
    }
    samples.push_back(commitSample("logs", std::nullopt, record_stores_->logs().commitSeconds()));
    samples.push_back(
        commitSample("metrics", std::nullopt, record_stores_->metrics().commitSeconds()));
    HealthBatch report = healthBatch(std::move(samples), clock_.wallNs());
    record_stores_->metrics().writeOwn(std::move(report.batch), std::move(report.answer));
}

// Logs and metrics are there from the start; the shards wait for a collector.
void StoreService::openStores(const EventStoreSettings& settings, const StorePaths& paths,
                              const base::Guid& boot_id) {
    EventStoreListener& event_listener = *this;
    event_store_ = ipc::takeOrThrow(EventStore::open(settings, boot_id, clock_, event_listener));
    RecordStoreListener& record_listener = *this;
    record_stores_ =
        ipc::takeOrThrow(RecordStores::open(settings_, paths, boot_id, clock_, record_listener));
    record_stores_->joinRetention(*event_store_, settings_);
}

void StoreService::takeFd(std::string name, base::Fd fd) {
    const bool is_started = event_store_ != nullptr;
    if (name == kQuerydFd) {
        if (!is_started) {
            early_queryd_ = std::move(fd);
        } else if (policy_ != nullptr) {
            connectQueryd(std::move(fd));
        }
    } else if (name == kCollectorFd) {
        if (!is_started) {
            early_collector_ = std::move(fd);
        } else if (!is_drained_) {
            connectCollector(std::move(fd));
        }
    } else if (name == kIngestFd) {
        if (!is_started) {
            early_ingest_ = std::move(fd);
        } else if (!is_drained_) {
            connectIngest(std::move(fd));
        }
    } else {
        ipc::throwError(base::fail(base::ErrorKind::Invalid,
                                   base::cat("the store has no use for a descriptor ", name)));
    }
}

void StoreService::connectQueryd(base::Fd socket) {
    queryd_.reset();
    queryd_ = std::make_unique<ControlConnection>(
        std::move(socket), *policy_, control_figures_, clock_,
        [this] { return event_store_->stableId(); }, *io_);
}

// A meta database that cannot be had costs knowledge, not records: the store runs without.
void StoreService::startIndexPolicy(const config::Settings& settings) {
    auto opened = MetaStore::open(settings.text("EventStorePath"), clock_);
    if (!opened.ok()) {
        base::logWarning(base::cat("the index policy is not persisted: ", opened.error().text));
    } else if (!opened.value().trouble.empty()) {
        base::logError(opened.value().trouble);
    }
    desired_wakeup_ =
        std::make_unique<ipc::LoopWakeup>(io_->unixEventPort, [this]() { onDesired(); });
    // A policy publishes from its own thread.
    const auto publishTo = [this](auto& desired) {
        return [this, &desired](auto published) {
            {
                const std::lock_guard lock(desired_mutex_);
                desired = std::move(published);
            }
            desired_wakeup_->signal();
        };
    };
    policy_ = std::make_unique<PolicyThread>(
        policySettings(settings),
        opened.ok() ? std::move(opened.value().store) : std::unique_ptr<MetaStore>(), clock_,
        publishTo(desired_indexes_), publishTo(desired_rollups_));
    onDesired();
}

void StoreService::onDesired() {
    DesiredIndexesView indexes;
    RollupKindsView rollups;
    {
        const std::lock_guard lock(desired_mutex_);
        indexes = desired_indexes_;
        rollups = desired_rollups_;
    }
    event_store_->wantIndexes(std::move(indexes));
    record_stores_->wantRollups(std::move(rollups));
}

void StoreService::connectCollector(base::Fd socket) {
    // The old connection first: from here on nothing of it comes in any more.
    collector_.reset();
    IngestHost& host = *this;
    collector_ =
        std::make_unique<CollectorConnection>(std::move(socket), host, *io_->lowLevelProvider);
}

void StoreService::connectIngest(base::Fd socket) {
    ingest_.reset();
    RecordIngestHost& host = *this;
    ingest_ =
        std::make_unique<RecordIngestConnection>(std::move(socket), host, *io_->lowLevelProvider);
}

void StoreService::configure(const config::Settings& settings) {
    batch_events_max_ = static_cast<uint32_t>(eventBatchLimits(settings).rows_max);
    if (event_store_ != nullptr) {
        event_store_->configure(eventBatchLimits(settings), checkpointBytes(settings));
        event_store_->queueRecords(configChangeEvents(clock_.wallNs(), settings_, settings));
        event_store_->configureRetention(eventRetention(settings));
        event_store_->configureShedding(sheddingSettings(settings));
        record_stores_->configure(settings, *event_store_);
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
    health_ = nullptr;
    event_store_->refuseRuns();
    record_stores_->refuseBatches();
    return whenRecordsIdle()
        .then([this]() { return whenIdle(); })
        .then([this]() {
            event_store_->queueShutdown();
            return whenIdle();
        })
        .then([this]() {
            collector_.reset();
            ingest_.reset();
            queryd_.reset();
            policy_.reset();
            desired_wakeup_.reset();
            event_store_->stopWriters();
            record_stores_->stopWriters();
            wakeup_.reset();
            is_drained_ = true;
        });
}

std::vector<wire::Measure> StoreService::measures() {
    if (event_store_ == nullptr) {
        return {};
    }
    std::vector<wire::Measure> all = event_store_->measures();
    record_stores_->addMeasures(all);
    all.push_back({"fields_counted", static_cast<int64_t>(control_figures_.fields_counted)});
    all.push_back({"fields_ignored", static_cast<int64_t>(control_figures_.fields_ignored)});
    all.push_back({"rollups_counted", static_cast<int64_t>(control_figures_.rollups_counted)});
    all.push_back({"rollups_ignored", static_cast<int64_t>(control_figures_.rollups_ignored)});
    all.push_back({"reports_early", static_cast<int64_t>(control_figures_.reports_early)});
    if (policy_ != nullptr) {
        all.push_back({"counts_dropped", static_cast<int64_t>(policy_->droppedCounts())});
    }
    return all;
}

kj::Promise<void> StoreService::whenIdle() {
    return event_store_->isIdle() ? kj::Promise<void>(kj::READY_NOW) : waitIn(waiting_for_idle_);
}

kj::Promise<void> StoreService::whenRecordsIdle() {
    return record_stores_->isIdle() ? kj::Promise<void>(kj::READY_NOW)
                                    : waitIn(waiting_for_records_);
}

kj::Promise<void> StoreService::waitIn(Waiting& waiting) {
    auto pair = kj::newPromiseAndFulfiller<void>();
    waiting.push_back(kj::mv(pair.fulfiller));
    return kj::mv(pair.promise);
}

void StoreService::onReports() {
    record_stores_->pump();
    event_store_->pump();
    const auto release = [](Waiting& waiting) {
        for (auto& fulfiller : std::exchange(waiting, {})) {
            fulfiller->fulfill();
        }
    };
    if (event_store_->isIdle()) {
        release(waiting_for_idle_);
    }
    if (record_stores_->isIdle()) {
        release(waiting_for_records_);
    }
}

void StoreService::storageFailed(std::string_view store, const std::string& text) {
    event_store_->queueRecords({storageErrorEvent(clock_.wallNs(), store, std::nullopt, text)});
}

void StoreService::committed(const wire::CommitNotice& notice) {
    const auto message = ipc::encodeCommitNotice(notice);
    const std::lock_guard lock(publisher_mutex_);
    if (publisher_ != nullptr) {
        publisher_->publish(ipc::kCommitTopic, message);
    }
}

}  // namespace evd::store
