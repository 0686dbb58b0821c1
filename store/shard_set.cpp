#include "store/shard_set.h"

#include "common/base/log.h"
#include "common/base/text.h"
#include "common/db/store_files.h"
#include "store/database_files.h"
#include "store/receipts.h"
#include "store/shard_files.h"

#include <algorithm>
#include <set>
#include <utility>

namespace evd::store {

ShardSet::ShardSet(EventStoreSettings settings, const base::Guid& boot_id,
                   SequenceAllocator& allocator, const base::Clock& clock, WriterListener& listener)
    : settings_(std::move(settings)),
      boot_id_(boot_id),
      allocator_(allocator),
      clock_(clock),
      listener_(listener),
      measured_ns_(clock.monotonicNs()) {}

base::Result<void> ShardSet::open(uint16_t count,
                                  std::map<uint16_t, base::IntervalSet>& accounted) {
    auto opened = openShards(settings_.directory, count, boot_id_, clock_);
    if (!opened) {
        return opened.error();
    }
    // A commit in doubt when its process died may be there now though the survey did not see it: as
    // long as somebody had the database open, its log was not recovered.
    for (const OpenedShard& entry : opened.value().shards) {
        if (entry.database != nullptr) {
            allocator_.skipTo(entry.database->lastIdWhenOpened());
        }
    }
    for (OpenedShard& entry : opened.value().shards) {
        Shard& shard = shards_[entry.shard];
        if (entry.database != nullptr) {
            addReceipts(entry.database->receipts(), accounted);
            shard.writer = std::make_unique<ShardWriter>(
                ShardWriter::Options{entry.shard, settings_.directory, boot_id_, settings_.batch,
                                     settings_.checkpoint_bytes, settings_.shedding},
                std::move(entry.database), allocator_, clock_, listener_);
            if (desired_indexes_ != nullptr) {
                shard.writer->wantIndexes(desired_indexes_);
            }
        }
    }
    for (const OpenedShard& entry : opened.value().shards) {
        if (!entry.trouble.empty()) {
            base::logError(entry.trouble);
            queueRecords(
                {{storageErrorEvent(clock_.wallNs(), "event", entry.shard, entry.trouble)}, {}});
        }
    }
    return {};
}

std::unique_ptr<ShardRouter> ShardSet::makeRouter(uint16_t cpu_count) const {
    std::vector<uint16_t> numbers;
    std::set<uint16_t> excluded;
    for (const auto& [number, shard] : shards_) {
        numbers.push_back(number);
        if (shard.writer == nullptr) {
            excluded.insert(number);
        }
    }
    return std::make_unique<ShardRouter>(numbers, excluded, cpu_count);
}

EventRetention::Gates ShardSet::gates() {
    EventRetention::Gates gates;
    for (auto& [number, shard] : shards_) {
        if (shard.writer != nullptr) {
            gates.emplace(number, &shard.writer->gate());
        }
    }
    return gates;
}

ShardWriter* ShardSet::lowestHealthy() {
    for (auto& [number, shard] : shards_) {
        if (shard.writer != nullptr && !shard.failing.isFailing()) {
            return shard.writer.get();
        }
    }
    return nullptr;
}

void ShardSet::queueRecords(RecordWork records) {
    ShardWriter* writer = lowestHealthy();
    WriteItem item{nextTicket(), {}, records};
    if (writer != nullptr && writer->tryPush(item)) {
        records_.emplace(item.ticket, std::move(records));
    } else {
        postpone(std::move(records));
    }
}

void ShardSet::postpone(RecordWork records) {
    if (postponed_.size() < kPostponedRecordsMax) {
        postponed_.push_back(std::move(records));
    } else {
        base::logError("too many records of eventd itself are waiting for a shard, dropping one");
    }
}

bool ShardSet::finishRecords(uint64_t ticket, bool is_stored) {
    auto found = records_.extract(ticket);
    if (found.empty()) {
        return false;
    }
    if (!is_stored) {
        postpone(std::move(found.mapped()));
    }
    return true;
}

bool ShardSet::shouldTellOf(const ShardReport& report) {
    Shard& shard = shards_.at(report.shard);
    if (report.failure) {
        return shard.failing.failed(clock_.monotonicNs());
    }
    if (report.hasCommitted()) {
        if (const auto failures = shard.failing.succeeded()) {
            base::logInfo(base::cat("shard ", report.shard, " stores again after ", *failures,
                                    " failed batches"));
        }
    }
    return false;
}

void ShardSet::sendPostponed() {
    if (!postponed_.empty() && lowestHealthy() != nullptr) {
        for (RecordWork& records : std::exchange(postponed_, {})) {
            queueRecords(std::move(records));
        }
    }
}

void ShardSet::configure(BatchPolicy::Limits limits, int64_t checkpoint_bytes) {
    settings_.batch = limits;
    settings_.checkpoint_bytes = checkpoint_bytes;
    for (auto& [number, shard] : shards_) {
        if (shard.writer != nullptr) {
            shard.writer->setLimits(limits, checkpoint_bytes);
        }
    }
}

void ShardSet::configureShedding(Shedding::Settings shedding) {
    settings_.shedding = shedding;
    for (auto& [number, shard] : shards_) {
        if (shard.writer != nullptr) {
            shard.writer->setShedding(shedding);
        }
    }
}

void ShardSet::wantIndexes(DesiredIndexesView desired) {
    desired_indexes_ = std::move(desired);
    for (auto& [number, shard] : shards_) {
        if (shard.writer != nullptr) {
            shard.writer->wantIndexes(desired_indexes_);
        }
    }
}

void ShardSet::stop() {
    for (auto& [number, shard] : shards_) {
        if (shard.writer != nullptr) {
            shard.writer->stop();
        }
    }
    // Ruling S10: with no healthy shard, to stderr.
    if (!postponed_.empty()) {
        base::logError(
            base::cat(postponed_.size(), " records of eventd itself could not be stored"));
        postponed_.clear();
    }
}

void ShardSet::addMeasures(std::vector<wire::Measure>& measures) {
    const int64_t now_ns = clock_.monotonicNs();
    const int64_t elapsed_ns = std::max<int64_t>(now_ns - std::exchange(measured_ns_, now_ns), 1);
    for (auto& [number, shard] : shards_) {
        if (shard.writer == nullptr) {
            continue;
        }
        const ShardWriter::Figures figures = shard.writer->figures();
        const uint64_t rows =
            figures.rows_written - std::exchange(shard.rows_measured, figures.rows_written);
        const double per_second =
            static_cast<double>(rows) * base::kNsPerSecond / static_cast<double>(elapsed_ns);
        const std::string path = base::cat(settings_.directory, "/", db::shardFileName(number));
        const std::string prefix = base::cat("shard.", number, ".");
        const auto add = [&](std::string_view name, int64_t value) {
            measures.push_back({base::cat(prefix, name), value});
        };
        if (figures.rows) {
            add("rows", *figures.rows);
        }
        add("rows_written", static_cast<int64_t>(figures.rows_written));
        add("events_per_second", static_cast<int64_t>(per_second));
        add("file_bytes", fileBytes(path));
        figures.addMeasures(add);
        add("indexes_wanted", static_cast<int64_t>(figures.indexes.wanted));
        add("indexes_present", static_cast<int64_t>(figures.indexes.present));
        add("indexes_building", static_cast<int64_t>(figures.indexes.building));
        add("indexes_shed", static_cast<int64_t>(figures.indexes.shed));
    }
}

std::map<uint16_t, wire::Histogram> ShardSet::commitSeconds() const {
    std::map<uint16_t, wire::Histogram> all;
    for (const auto& [number, shard] : shards_) {
        if (shard.writer != nullptr) {
            all.emplace(number, shard.writer->commitSeconds());
        }
    }
    return all;
}

}  // namespace evd::store
