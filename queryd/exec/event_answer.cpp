#include "queryd/exec/event_answer.h"

#include "common/wire/msgpack.h"
#include "queryd/exec/group_task.h"
#include "queryd/exec/record_merge.h"
#include "queryd/exec/row_encoder.h"
#include "queryd/exec/top_records.h"

#include <algorithm>
#include <limits>
#include <memory>

namespace evd::queryd {

namespace {

constexpr uint32_t kRecordsBetweenChecks = 64;
constexpr uint64_t kFewRowsMin = 1000;              // a smaller TAKE is likely to be found soon
constexpr uint64_t kFewBytesMax = 8 * 1024 * 1024;  // of one database, before time order takes over

// SKIP and TAKE over the records of an answer, in their order.
class Window {
  public:
    Window(const EventPlan& plan, const RunControl& control, RecordSink& sink)
        : skip_(plan.skip),
          take_(plan.take.value_or(std::numeric_limits<uint64_t>::max())),
          control_(control),
          sink_(sink) {}

    bool isFull() const { return take_ == 0; }
    // Whether the next record will be passed over, so that it need not be made.
    bool skipsNext() {
        const bool skips = skip_ > 0;
        skip_ -= skips ? 1 : 0;
        return skips;
    }
    base::Result<void> send(std::span<const uint8_t> record) {
        --take_;
        if (++sent_ % kRecordsBetweenChecks == 0 && control_.shouldStop()) {
            return control_.stopError();
        }
        return sink_.record(record);
    }

  private:
    uint64_t skip_;
    uint64_t take_;
    uint64_t sent_ = 0;
    const RunControl& control_;
    RecordSink& sink_;
};

// How many rows of one database can matter.
uint64_t rowsMax(const EventPlan& plan) {
    uint64_t rows = std::numeric_limits<uint64_t>::max();
    if (plan.take && !__builtin_add_overflow(plan.skip, *plan.take, &rows)) {
        return rows;
    }
    return std::numeric_limits<uint64_t>::max();
}

bool isByTimeAlone(const EventPlan& plan) {
    return plan.sort.empty() ||
           (plan.sort.size() == 1 &&
            plan.fields[plan.sort.front().field].column == EventColumn::Timestamp);
}

// Whether conditions and no narrow range decide what is wanted, of a whole answer. Walking the rows
// as they lie and sorting what is found is then several times faster than walking them by time, as
// long as not much is found.
bool isLikelyFew(const EventPlan& plan) {
    const bool is_filtered = plan.type_pattern || !plan.on_type.empty() ||
                             !plan.on_header.empty() || !plan.on_row.empty();
    return is_filtered && !plan.time_named && rowsMax(plan) > kFewRowsMin;
}

class EventAnswer {
  public:
    EventAnswer(EventReaders& readers, const EventPlan& plan,
                const std::vector<DatabaseFile>& databases, const RunControl& control,
                RecordSink& sink)
        : readers_(readers),
          plan_(plan),
          databases_(databases),
          control_(control),
          window_(plan, control, sink),
          selection_(EventSelection::of(plan, !plan.select && !plan.aggregation)) {}

    base::Result<StreamCursors> run() {
        if (plan_.aggregation) {
            EVD_TRY(answerAggregation());
        } else if (!isByTimeAlone(plan_)) {
            EVD_TRY(answerSorted(std::numeric_limits<uint64_t>::max()));
        } else if (!isLikelyFew(plan_)) {
            EVD_TRY(answerByTime());
        } else {
            EVD_TRY(answerSorted(kFewBytesMax));
            if (too_many_) {
                EVD_TRY(answerByTime());
            }
        }
        return std::move(cursors_);
    }

  private:
    base::Result<void> answerByTime() {
        const bool ascending = !plan_.sort.empty() && !plan_.sort.front().descending;
        const ScanOrder order = ascending ? ScanOrder::OldestFirst : ScanOrder::NewestFirst;
        std::vector<std::unique_ptr<RecordStream>> streams;
        for (const DatabaseFile& file : databases_) {
            const RecordStream::Part part{readers_, plan_,    selection_,
                                          order,    control_, rowsMax(plan_)};
            streams.push_back(std::make_unique<RecordStream>(part, file));
            streams.back()->start();
        }
        RecordMerge merge(streams, order);
        EVD_TRY(merge.begin());
        for (const auto& stream : streams) {
            noteCursor(stream->file(), stream->lastId());
        }
        while (merge.hasHead() && !window_.isFull()) {
            if (!window_.skipsNext()) {
                EVD_TRY(window_.send(merge.headBytes()));
            }
            if (!window_.isFull()) {
                EVD_TRY(merge.pop());
            }
        }
        return {};
    }

    // Nothing is sent when a database has more than bytes_max: too_many_ then says so.
    base::Result<void> answerSorted(uint64_t bytes_max) {
        std::vector<std::unique_ptr<ShardTask>> tasks;
        for (size_t i = 0; i < databases_.size(); ++i) {
            const TopRecordsTask::Part part{plan_,          selection_, control_,
                                            rowsMax(plan_), i,          bytes_max};
            tasks.push_back(
                std::make_unique<TopRecordsTask>(part, databases_[i], readers_.memory()));
        }
        EVD_TRY(runAll(tasks));
        std::vector<SortedRecord*> records;
        for (const auto& task : tasks) {
            auto& top = static_cast<TopRecordsTask&>(*task);
            too_many_ = too_many_ || top.gaveUp();
            for (SortedRecord& record : top.records()) {
                records.push_back(&record);
            }
        }
        if (too_many_) {
            return {};
        }
        return sendSorted(records);
    }

    base::Result<void> sendSorted(std::vector<SortedRecord*>& records) {
        const RecordOrder order(plan_);
        std::sort(records.begin(), records.end(),
                  [&](const SortedRecord* left, const SortedRecord* right) {
                      return order.comesBefore(*left, *right);
                  });
        for (const SortedRecord* record : records) {
            if (window_.isFull()) {
                break;
            }
            if (!window_.skipsNext()) {
                EVD_TRY(window_.send(record->bytes));
            }
        }
        return {};
    }

    base::Result<void> answerAggregation() {
        std::vector<std::unique_ptr<ShardTask>> tasks;
        for (const DatabaseFile& file : databases_) {
            const GroupTask::Part part{plan_, selection_, control_};
            tasks.push_back(std::make_unique<GroupTask>(part, file, readers_.memory()));
        }
        EVD_TRY(runAll(tasks));
        GroupTable total(*plan_.aggregation, readers_.memory());
        for (const auto& task : tasks) {
            EVD_TRY(total.merge(static_cast<GroupTask&>(*task).table()));
        }
        tasks.clear();
        auto rows = total.rows();
        if (!rows) {
            return rows.error();
        }
        sortRows(rows.value());
        return sendRows(rows.value());
    }

    base::Result<void> runAll(const std::vector<std::unique_ptr<ShardTask>>& tasks) {
        EVD_TRY(runTasks(readers_, control_, tasks));
        for (const auto& task : tasks) {
            noteCursor(task->file(), task->lastId());
        }
        return {};
    }

    // By SORT; what ties keeps the aggregation's own order.
    void sortRows(std::vector<ResultRow>& rows) const {
        if (plan_.sort.empty()) {
            return;
        }
        std::stable_sort(
            rows.begin(), rows.end(), [this](const ResultRow& left, const ResultRow& right) {
                for (const PlanSort& sort : plan_.sort) {
                    const int order =
                        compareOrder(left[sort.field].view(), right[sort.field].view());
                    if (order != 0) {
                        return sort.descending ? order > 0 : order < 0;
                    }
                }
                return false;
            });
    }

    base::Result<void> sendRows(const std::vector<ResultRow>& rows) {
        std::vector<uint8_t> record;
        for (const ResultRow& row : rows) {
            if (window_.isFull()) {
                break;
            }
            if (!window_.skipsNext()) {
                record.clear();
                encodeRow(row, record);
                EVD_TRY(window_.send(record));
            }
        }
        return {};
    }

    void encodeRow(const ResultRow& row, std::vector<uint8_t>& out) const {
        const auto& names = plan_.aggregation->result_names;
        wire::MsgpackWriter writer(out);
        const size_t pairs = plan_.select ? plan_.select->size() : row.size();
        writer.mapHeader(static_cast<uint32_t>(pairs));
        for (size_t i = 0; i < pairs; ++i) {
            const size_t index = plan_.select ? (*plan_.select)[i] : i;
            writer.text(names[index]);
            encodeValue(row[index].view(), out);
        }
    }

    void noteCursor(const DatabaseFile& file, std::optional<int64_t> last_id) {
        cursors_.noteInitial(file.device, file.inode, last_id);
    }

    EventReaders& readers_;
    const EventPlan& plan_;
    const std::vector<DatabaseFile>& databases_;
    const RunControl& control_;
    Window window_;
    EventSelection selection_;
    StreamCursors cursors_;
    bool too_many_ = false;
};

}  // namespace

base::Result<StreamCursors> answerEvents(EventReaders& readers, const EventPlan& plan,
                                         const std::vector<DatabaseFile>& databases,
                                         const RunControl& control, RecordSink& sink) {
    return EventAnswer(readers, plan, databases, control, sink).run();
}

}  // namespace evd::queryd
