#include "queryd/exec/record_stream.h"

#include "queryd/exec/question_trace.h"
#include "queryd/exec/row_encoder.h"

#include <algorithm>
#include <utility>

namespace evd::queryd {

namespace {

class PageFiller final : public RowConsumer {
  public:
    PageFiller(const RecordPlan& plan, RecordPage& page, uint64_t rows_max)
        : plan_(plan), page_(page), rows_max_(std::min<uint64_t>(rows_max, kPageRowsMax)) {}

    bool take(RecordRow& row) override {
        const size_t begin = page_.bytes.size();
        encodeRecord(plan_, row, page_.bytes);
        page_.entries.push_back({row.timestamp(), row.id(), begin, page_.bytes.size()});
        return page_.entries.size() < rows_max_ && page_.bytes.size() < kPageBytesMax;
    }

  private:
    const RecordPlan& plan_;
    RecordPage& page_;
    uint64_t rows_max_;
};

}  // namespace

RecordStream::RecordStream(const Part& part, DatabaseFile file)
    : part_(part),
      file_(std::move(file)),
      request_{part_.plan, part_.selection, part_.order},
      memory_(part_.readers.memory()),
      rows_left_(part_.rows_max) {
    part_.control.abandoned = &abandoned_;
    part_.control.step = "records by time";
    request_.control = part_.control;
}

RecordStream::~RecordStream() {
    abandoned_ = true;
    std::unique_lock lock(mutex_);
    filled_.wait(lock, [this] { return !under_way_; });
    const bool has_more = !at_end_ || rows_left_ == 0 || next_entry_ < page_.entries.size();
    if (part_.control.trace != nullptr && has_more) {
        part_.control.trace->noteCutShort(part_.control.step, file_);
    }
}

void RecordStream::start() {
    requestPage();
}

std::span<const uint8_t> RecordStream::headBytes() const {
    return std::span(page_.bytes).subspan(head().begin, head().end - head().begin);
}

base::Result<bool> RecordStream::hasHead() {
    if (next_entry_ < page_.entries.size()) {
        return true;
    }
    {
        std::unique_lock lock(mutex_);
        filled_.wait(lock, [this] { return !under_way_; });
        if (error_) {
            return *error_;
        }
    }
    memory_.shrink(page_.bytes.size());
    std::swap(page_, filling_);
    filling_.entries.clear();
    filling_.bytes.clear();
    next_entry_ = 0;
    if (!at_end_) {
        requestPage();
    }
    return !page_.entries.empty();
}

void RecordStream::requestPage() {
    {
        const std::lock_guard lock(mutex_);
        under_way_ = true;
    }
    part_.readers.pool().submit(part_.control.asked_ns, [this] { fillPage(); });
}

// On a pool thread. A slice that found nothing goes to the end of the queue and on from there.
void RecordStream::fillPage() {
    const auto read = part_.readers.read(
        file_, part_.control, [this](db::Connection& connection) { return fillFrom(connection); });
    const bool goes_on = read.ok() && read.value() == StoreReaders::ReadEnd::Done &&
                         filling_.entries.empty() && !at_end_;
    if (goes_on) {
        part_.readers.pool().submit(part_.control.asked_ns, [this] { fillPage(); });
    } else {
        publish(read);
    }
}

base::Result<void> RecordStream::fillFrom(db::Connection& connection) {
    if (!begun_) {
        auto last_id = greatestId(connection, *part_.plan.table);
        if (!last_id) {
            return last_id.error();
        }
        last_id_ = request_.ids.last = last_id.value();
        begun_ = true;
    }
    if (rows_left_ == 0) {
        at_end_ = true;
        return {};
    }
    PageFiller filler(part_.plan, filling_, rows_left_);
    auto end = scanRecords(connection, request_, position_, filler);
    if (!end) {
        return end.error();
    }
    at_end_ = end.value() == ScanEnd::Finished || filling_.entries.size() >= rows_left_;
    return {};
}

void RecordStream::publish(base::Result<StoreReaders::ReadEnd> read) {
    if (read.ok()) {
        at_end_ = at_end_ || read.value() == StoreReaders::ReadEnd::LeftOut;
        rows_left_ -= std::min<uint64_t>(rows_left_, filling_.entries.size());
    }
    const auto grown = memory_.grow(filling_.bytes.size());
    const std::lock_guard lock(mutex_);
    if (!read.ok()) {
        error_ = read.error();
    } else if (!grown.ok()) {
        error_ = grown.error();
    }
    under_way_ = false;
    filled_.notify_all();  // under the lock: the owner may go as soon as it sees it
}

}  // namespace evd::queryd
