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

EventStoreSettings eventStoreSettings(const config::Settings& settings) {
    return {settings.text("EventStorePath"),
            static_cast<uint16_t>(settings.number("StorageShards")), batchLimits(settings),
            checkpointBytes(settings), retentionLimits(settings)};
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
    wakeup_ = std::make_unique<LoopWakeup>([this]() { onReports(); });
    auto publisher = bus::Publisher::connect(noticeSocketPath(params.settings));
    if (publisher.ok()) {
        publisher_ = std::move(publisher).value();
    } else {
        base::logWarning(base::cat(publisher.error().text, ", going on without commit notices"));
    }
    EventStoreListener& listener = *this;
    event_store_ = ipc::takeOrThrow(EventStore::open(settings, params.boot_id, clock_, listener));
    if (early_collector_.valid()) {
        connectCollector(std::move(early_collector_));
    }
    return event_store_->resumePoints();
}

void StoreService::takeFd(std::string name, base::Fd fd) {
    if (name != kCollectorFd) {
        ipc::throwError(base::fail(base::ErrorKind::Invalid,
                                   base::cat("the store has no use for a descriptor ", name)));
    }
    if (event_store_ == nullptr) {
        early_collector_ = std::move(fd);
    } else if (!is_drained_) {
        connectCollector(std::move(fd));
    }
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
            event_store_->stopWriters();
            wakeup_.reset();
            is_drained_ = true;
        });
}

std::vector<wire::Measure> StoreService::measures() {
    return event_store_ == nullptr ? std::vector<wire::Measure>() : event_store_->measures();
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
