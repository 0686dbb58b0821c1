#include "queryd/exec/top_records.h"

#include "queryd/exec/reading_plan.h"
#include "queryd/exec/row_encoder.h"

#include <algorithm>
#include <limits>

namespace evd::queryd {

namespace {

constexpr uint64_t kNoLimit = std::numeric_limits<uint64_t>::max();

base::Result<void> tooMany() {
    return base::fail(base::ErrorKind::Busy, "more records than are held");
}

}  // namespace

size_t heldBytes(const SortedRecord& record) {
    size_t bytes = sizeof(SortedRecord) + record.bytes.capacity();
    for (const HeldValue& key : record.keys) {
        bytes += key.heldBytes();
    }
    return bytes;
}

bool RecordOrder::comesBefore(std::span<const Value> keys, int64_t timestamp, int64_t id,
                              const SortedRecord& right) const {
    for (size_t i = 0; i < plan_.sort.size(); ++i) {
        const int order = compareOrder(keys[i], right.keys[i].view());
        if (order != 0) {
            return plan_.sort[i].descending ? order > 0 : order < 0;
        }
    }
    return timestamp != right.timestamp ? timestamp > right.timestamp : id > right.id;
}

bool RecordOrder::comesBefore(const SortedRecord& left, const SortedRecord& right) const {
    for (size_t i = 0; i < plan_.sort.size(); ++i) {
        const int order = compareOrder(left.keys[i].view(), right.keys[i].view());
        if (order != 0) {
            return plan_.sort[i].descending ? order > 0 : order < 0;
        }
    }
    return queryd::comesBefore(ScanOrder::NewestFirst, {left.timestamp, left.id, left.database},
                               {right.timestamp, right.id, right.database});
}

TopRecordsTask::TopRecordsTask(const Part& part, DatabaseFile file, MemoryBudget& memory)
    : ShardTask(std::move(file)),
      part_(part),
      order_(part_.plan),
      memory_(memory),
      request_(part.request) {
    keys_.resize(part_.plan.sort.size());
    if (part_.newest != nullptr) {
        newest_.emplace(request_, *part_.newest);
    }
}

base::Result<ScanEnd> TopRecordsTask::slice(db::Connection& connection) {
    if (part_.count_max == 0) {
        return ScanEnd::Finished;
    }
    auto end =
        newest_ ? readNewest(connection) : scanRecords(connection, request_, position_, *this);
    return isEnough() ? base::Result<ScanEnd>(ScanEnd::Finished) : end;
}

base::Result<ScanEnd> TopRecordsTask::readNewest(db::Connection& connection) {
    for (;;) {
        auto end = newest_->slice(connection, *this);
        if (!end || end.value() == ScanEnd::Paused) {
            return end;
        }
        const bool full = records_.size() >= part_.count_max;
        const auto floor = full ? std::optional(records_.front().timestamp) : std::nullopt;
        auto goes_on = newest_->next(connection, floor);
        if (!goes_on || !goes_on.value()) {
            return goes_on ? base::Result<ScanEnd>(ScanEnd::Finished) : goes_on.error();
        }
    }
}

bool TopRecordsTask::take(RecordRow& row) {
    if (keeps_positions_) {
        return keepPosition(row);
    }
    for (size_t i = 0; i < keys_.size(); ++i) {
        keys_[i] = row.field(part_.plan.sort[i].field);
    }
    const bool full = records_.size() >= part_.count_max;
    if (full && !order_.comesBefore(keys_, row.timestamp(), row.id(), records_.front())) {
        const ScanOrder order = newest_ ? newest_->order() : request_.order;
        is_complete_ = order == ScanOrder::NewestFirst && isNewestFirst(part_.plan);
        return !is_complete_;
    }
    if (full) {
        dropWorst();
    }
    return keep(row);
}

bool TopRecordsTask::keep(RecordRow& row) {
    SortedRecord record;
    record.keys.reserve(keys_.size());
    for (const Value& key : keys_) {
        record.keys.emplace_back(key);
    }
    record.timestamp = row.timestamp();
    record.id = row.id();
    record.database = part_.database;
    encodeRecord(part_.plan, row, record.bytes);
    record.bytes.shrink_to_fit();
    const size_t bytes = heldBytes(record);
    const auto grown = held_bytes_ + bytes > part_.bytes_max ? tooMany() : memory_.grow(bytes);
    if (!grown.ok() && part_.bytes_max != kNoLimit) {
        turnToPositions();
        return keepPosition(row);
    }
    failure_ = grown;
    if (!failure_.ok()) {
        return false;
    }
    held_bytes_ += bytes;
    records_.push_back(std::move(record));
    std::push_heap(records_.begin(), records_.end(),
                   [this](const SortedRecord& left, const SortedRecord& right) {
                       return order_.comesBefore(left, right);
                   });
    return true;
}

// What was held makes room for more positions than it has records.
void TopRecordsTask::turnToPositions() {
    keeps_positions_ = true;
    for (const SortedRecord& record : records_) {
        positions_.push_back({record.timestamp, record.id, record.database});
    }
    records_ = {};
    memory_.shrink(held_bytes_);
    held_bytes_ = 0;
    gave_up_ = !memory_.grow(positions_.size() * sizeof(HitPosition)).ok();
}

bool TopRecordsTask::keepPosition(const RecordRow& row) {
    gave_up_ = gave_up_ || positions_.size() >= part_.positions_max ||
               !memory_.grow(sizeof(HitPosition)).ok();
    if (!gave_up_) {
        positions_.push_back({row.timestamp(), row.id(), part_.database});
    }
    return !gave_up_;
}

void TopRecordsTask::dropWorst() {
    std::pop_heap(records_.begin(), records_.end(),
                  [this](const SortedRecord& left, const SortedRecord& right) {
                      return order_.comesBefore(left, right);
                  });
    memory_.shrink(heldBytes(records_.back()));
    held_bytes_ -= heldBytes(records_.back());
    records_.pop_back();
}

}  // namespace evd::queryd
