// The thread sleeps on its queue. An item wakes it and opens a transaction; further items join as
// long as the policy says Continue and the queue has some. Then COMMIT, and only after it, in this
// order: the notice is published, the report is made, and the checkpointer has its turn. So nobody
// is told of a record that is not there, and a checkpoint, most of which is another thread's,
// delays no answer but those of the next transaction.

#include "store/record_writer.h"

#include "common/base/text.h"
#include "store/record_files.h"
#include "store/remedy.h"

#include <algorithm>
#include <utility>

namespace evd::store {

// What is in one transaction, and what must live until it ends.
struct RecordWriter::Transaction {
    std::vector<RecordItem> items;
    RecordReport report;
    uint64_t rows = 0;
    int64_t begun_ns = 0;
    int64_t committing_ns = 0;
};

RecordWriter::RecordWriter(Options options, RecordFormat& format,
                           std::unique_ptr<RecordDatabase> database, PutAside put_aside,
                           const base::Clock& clock, RecordWriterListener& listener)
    : options_(std::move(options)),
      format_(format),
      clock_(clock),
      listener_(listener),
      queue_(options_.limits.rows_max, kRecordQueueBytesMax),
      latency_ns_max_(options_.limits.latency_ns_max),
      checkpoint_bytes_(options_.checkpoint_bytes),
      database_(std::move(database)),
      put_aside_(std::move(put_aside)),
      batch_policy_(options_.limits),
      checkpointer_(base::cat(format.measures(), "-moves"), options_.checkpoint_bytes),
      thread_(std::make_unique<base::Thread>(base::cat(format.measures(), "-writer"),
                                             [this] { run(); })) {}

RecordWriter::~RecordWriter() {
    stop();
}

void RecordWriter::setLimits(BatchPolicy::Limits limits, int64_t checkpoint_bytes) {
    latency_ns_max_.store(limits.latency_ns_max);
    checkpoint_bytes_.store(checkpoint_bytes);
    queue_.setRowsMax(limits.rows_max);
}

void RecordWriter::stop() {
    queue_.close();
    thread_->join();
}

RecordWriter::Figures RecordWriter::figures() const {
    return {meter_.figures(checkpointer_), skipped_records_.load(), dropped_records_.load()};
}

void RecordWriter::run() {
    for (;;) {
        std::optional<RecordItem> item = std::exchange(carried_, std::nullopt);
        if (!item) {
            item = queue_.pop(checkpointer_.idleWait());
        }
        auto load = CheckpointPolicy::Load::Idle;
        if (item) {
            writeTransaction(std::move(*item));
            load = CheckpointPolicy::afterTransaction(queue_.count() > 0);
        } else if (queue_.closed()) {
            break;
        }
        if (database_ != nullptr) {
            checkpointer_.runIfDue(database_->connection(), options_.path, load);
        }
    }
    close();
}

void RecordWriter::applyLimits() {
    batch_policy_.setLimits({queue_.rowsMax(), latency_ns_max_.load()});
    checkpointer_.setThreshold(checkpoint_bytes_.load());
}

void RecordWriter::writeTransaction(RecordItem first) {
    applyLimits();
    Transaction transaction;
    const ShardGate::Turn turn(gate_);
    transaction.begun_ns = clock_.monotonicNs();
    batch_policy_.begin(transaction.begun_ns);
    base::Result<void> outcome = gather(transaction, std::move(first));
    if (outcome && !transaction.items.empty()) {
        transaction.committing_ns = clock_.monotonicNs();
        outcome = database_->commit();
    }
    if (outcome) {
        succeed(transaction);
    } else {
        fail(transaction, outcome.error());
    }
    listener_.reported(std::move(transaction.report));
}

base::Result<void> RecordWriter::gather(Transaction& transaction, RecordItem first) {
    std::optional<RecordItem> item = std::move(first);
    while (item) {
        tellRoom();
        if (isBroken(*item)) {
            transaction.report.given_up.push_back(item->ticket);
        } else if (!batch_policy_.fits(transaction.rows, item->batch.rows())) {
            carried_ = std::move(item);
            return {};
        } else {
            const bool is_first = transaction.items.empty();
            transaction.rows += item->batch.rows();
            transaction.items.push_back(std::move(*item));
            if (is_first) {
                EVD_TRY(askPutAside());
                EVD_TRY(ensureDatabase(transaction));
                EVD_TRY(database_->begin());
            }
            if (!isHeld(transaction.items.back().batch)) {
                EVD_TRY(database_->insert(transaction.items.back().batch));
            }
        }
        if (batch_policy_.decide(clock_.monotonicNs(), transaction.rows, queue_.count()) ==
            BatchPolicy::Decision::Commit) {
            return {};
        }
        item = queue_.tryPop();
    }
    return {};
}

// A batch of our own stands in no order: it neither breaks an epoch nor falls with one.
bool RecordWriter::isBroken(const RecordItem& item) const {
    return item.batch.number != kOwnBatch && item.epoch <= broken_epoch_;
}

base::Result<void> RecordWriter::askPutAside() {
    return put_aside_.ask([this](db::Connection& connection) -> base::Result<void> {
        const auto last = readLastBatch(connection);
        if (last && last.value()) {
            held_aside_ = last.value();
        }
        return last ? base::Result<void>() : last.error();
    });
}

// Its commit failed, and was found to be done when the database was opened anew or put aside.
bool RecordWriter::isHeld(const RecordBatch& batch) const {
    const auto holds = [&](const std::optional<StoredBatch>& last) {
        return last && last->sender == batch.sender && last->number >= batch.number;
    };
    return batch.number != kOwnBatch && (holds(database_->lastBatch()) || holds(held_aside_));
}

void RecordWriter::succeed(Transaction& transaction) {
    if (transaction.items.empty()) {
        return;
    }
    failed_reads_.forget();
    const int64_t now_ns = clock_.monotonicNs();
    for (const RecordItem& item : transaction.items) {
        transaction.report.committed.push_back(item.ticket);
    }
    const TransactionFigures& figures = database_->figures();
    if (figures.rows > 0) {
        listener_.committed({format_.notices(), 0, figures.first_id, figures.last_id,
                             figures.last_id, figures.newest_timestamp_ns});
    }
    batch_policy_.committed(
        now_ns, {transaction.rows, queue_.count(), transaction.committing_ns - transaction.begun_ns,
                 now_ns - transaction.committing_ns});
    meter_.committed(figures.rows, now_ns - transaction.committing_ns);
    skipped_records_ += figures.skipped_records;
    dropped_records_ += figures.dropped_records;
    checkpointer_.noteLog(database_->walBytes());
}

void RecordWriter::fail(Transaction& transaction, base::Error error) {
    if (database_ != nullptr) {
        database_->rollBack();
    }
    for (const RecordItem& item : transaction.items) {
        transaction.report.given_up.push_back(item.ticket);
        if (item.batch.number != kOwnBatch) {
            broken_epoch_ = std::max(broken_epoch_, item.epoch);
        }
    }
    meter_.failed();
    switch (remedyFor(error, database_ != nullptr, options_.path, failed_reads_,
                      clock_.monotonicNs())) {
        case Remedy::None:
            break;
        case Remedy::MakeRoom:
            Checkpointer::makeRoom(database_->connection());
            break;
        case Remedy::Reopen:
            giveUpDatabase();
            break;
        case Remedy::Replace:
            replaceDamaged(transaction);
            break;
    }
    transaction.report.failure = std::move(error);
}

base::Result<void> RecordWriter::ensureDatabase(Transaction& transaction) {
    if (database_ != nullptr && !database_->connection().hasMoved()) {
        return {};
    }
    std::string gone;
    if (database_ != nullptr) {
        gone = base::cat(database_->path(), " was removed while it was in use; ");
        giveUpDatabase();
    }
    auto opened = openRecords(options_.path, format_, clock_, last_id_);
    if (!opened) {
        return base::fail(opened.error().kind, gone + opened.error().text);
    }
    transaction.report.trouble = gone + opened.value().trouble;
    database_ = std::move(opened.value().database);
    if (!opened.value().aside.empty()) {
        put_aside_.set(std::move(opened.value().aside));
    }
    return database_ != nullptr
               ? base::Result<void>()
               : base::fail(base::ErrorKind::Io, base::cat(options_.path, " cannot be written"));
}

// Ruling S6: the damaged database stays readable under another name, and a fresh one takes over,
// whose ids go on behind. The sender's copies are intact: it is told to come again.
void RecordWriter::replaceDamaged(Transaction& transaction) {
    if (database_ != nullptr) {
        giveUpDatabase();
    }
    transaction.report.trouble =
        quarantineAndReplace(options_.path, clock_.wallNs(), [&](const std::string& aside) {
            put_aside_.set(aside);
            failed_reads_.forget();
            (void)askPutAside();  // the next transaction does it again
            return ensureDatabase(transaction);
        });
}

void RecordWriter::tellRoom() {
    if (queue_.takeWishForRoom()) {
        RecordReport report;
        report.has_room = true;
        listener_.reported(std::move(report));
    }
}

// Closing moves the log by itself only when no reader has the database open; and until it is moved
// a power cut may take what was committed since the last time (synchronous=NORMAL).
void RecordWriter::close() {
    if (database_ != nullptr) {
        checkpointer_.letGo();
        (void)database_->connection().checkpointPassive();
        closeDatabase();
    }
}

void RecordWriter::closeDatabase() {
    checkpointer_.letGo();
    last_id_ = database_->lastId();
    database_.reset();
}

void RecordWriter::giveUpDatabase() {
    closeDatabase();
    gate_.noteReplaced();
}

}  // namespace evd::store
