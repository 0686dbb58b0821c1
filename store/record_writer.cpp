// The thread sleeps on its queue. An item wakes it and opens a transaction; further items join as
// long as the policy says Continue and the queue has some. Then COMMIT, and only after it, in this
// order: the notice is published, the report is made, and a checkpoint is done if one is due. So
// nobody is told of a record that is not there, and a checkpoint delays no answer but those of the
// next transaction.

#include "store/record_writer.h"

#include "common/base/text.h"
#include "store/record_files.h"

#include <algorithm>
#include <utility>

namespace evd::store {

namespace {

constexpr std::chrono::seconds kIdleWait{60};
constexpr std::chrono::seconds kCheckpointRetryWait{1};

}  // namespace

// What is in one transaction, and what must live until it ends.
struct RecordWriter::Transaction {
    std::vector<RecordItem> items;
    RecordReport report;
    uint64_t rows = 0;
    int64_t begun_ns = 0;
    int64_t committing_ns = 0;
};

RecordWriter::RecordWriter(Options options, RecordFormat& format,
                           std::unique_ptr<RecordDatabase> database, const base::Clock& clock,
                           RecordWriterListener& listener)
    : options_(std::move(options)),
      format_(format),
      clock_(clock),
      listener_(listener),
      queue_(options_.limits.rows_max, kRecordQueueBytesMax),
      rows_max_(options_.limits.rows_max),
      latency_ns_max_(options_.limits.latency_ns_max),
      checkpoint_bytes_(options_.checkpoint_bytes),
      database_(std::move(database)),
      batch_policy_(options_.limits),
      checkpoint_policy_(options_.checkpoint_bytes),
      thread_(std::make_unique<base::Thread>(base::cat(format.measures(), "-writer"),
                                             [this] { run(); })) {}

RecordWriter::~RecordWriter() {
    stop();
}

bool RecordWriter::tryPush(RecordItem& item) {
    const size_t rows = std::max<size_t>(item.batch.rows(), 1);
    const size_t bytes = item.batch.bytes;
    if (queue_.tryPush(item, rows, bytes)) {
        return true;
    }
    // The writer may have emptied the queue just before the wish was written down: look once more.
    wants_room_.store(true);
    if (queue_.tryPush(item, rows, bytes)) {
        wants_room_.store(false);
        return true;
    }
    return false;
}

void RecordWriter::setLimits(BatchPolicy::Limits limits, int64_t checkpoint_bytes) {
    rows_max_.store(limits.rows_max);
    latency_ns_max_.store(limits.latency_ns_max);
    checkpoint_bytes_.store(checkpoint_bytes);
    queue_.setLimits(limits.rows_max, kRecordQueueBytesMax);
}

void RecordWriter::stop() {
    queue_.close();
    thread_->join();
}

RecordWriter::Figures RecordWriter::figures() const {
    return {rows_written_.load(),    batch_rows_.load(),
            skipped_records_.load(), dropped_records_.load(),
            wal_bytes_.load(),       checkpoint_blocked_.load(),
            failed_batches_.load(),  commit_latency_.percentiles()};
}

void RecordWriter::run() {
    for (;;) {
        std::optional<RecordItem> item = std::exchange(carried_, std::nullopt);
        if (!item) {
            item = queue_.pop(idleWait());
        }
        if (item) {
            writeTransaction(std::move(*item));
        } else if (queue_.closed()) {
            break;
        }
        checkpointIfDue(queue_.count() == 0);
    }
    close();
}

void RecordWriter::applyLimits() {
    batch_policy_.setLimits({rows_max_.load(), latency_ns_max_.load()});
    checkpoint_policy_.setThreshold(checkpoint_bytes_.load());
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
        if (item->epoch <= broken_epoch_) {
            transaction.report.given_up.push_back(item->ticket);
        } else if (!batch_policy_.fits(transaction.rows, item->batch.rows())) {
            carried_ = std::move(item);
            return {};
        } else {
            const bool is_first = transaction.items.empty();
            transaction.rows += item->batch.rows();
            transaction.items.push_back(std::move(*item));
            if (is_first) {
                EVD_TRY(ensureDatabase(transaction));
                EVD_TRY(database_->begin());
            }
            EVD_TRY(database_->insert(transaction.items.back().batch));
        }
        if (batch_policy_.decide(clock_.monotonicNs(), transaction.rows, queue_.count()) ==
            BatchPolicy::Decision::Commit) {
            return {};
        }
        item = queue_.tryPop();
    }
    return {};
}

void RecordWriter::succeed(Transaction& transaction) {
    if (transaction.items.empty()) {
        return;
    }
    const int64_t now_ns = clock_.monotonicNs();
    for (const RecordItem& item : transaction.items) {
        transaction.report.committed.push_back(item.ticket);
    }
    const TransactionFigures& figures = database_->figures();
    if (figures.rows > 0) {
        listener_.committed({format_.notices(), 0, figures.first_id, figures.last_id,
                             figures.last_id, figures.newest_timestamp_ns});
    }
    commit_latency_.add(now_ns - transaction.committing_ns);
    batch_policy_.committed(
        now_ns, {transaction.rows, queue_.count(), transaction.committing_ns - transaction.begun_ns,
                 now_ns - transaction.committing_ns});
    rows_written_ += figures.rows;
    batch_rows_.store(figures.rows);
    skipped_records_ += figures.skipped_records;
    dropped_records_ += figures.dropped_records;
    wal_bytes_.store(database_->walBytes());
}

void RecordWriter::fail(Transaction& transaction, base::Error error) {
    if (database_ != nullptr) {
        database_->rollBack();
    }
    for (const RecordItem& item : transaction.items) {
        transaction.report.given_up.push_back(item.ticket);
        broken_epoch_ = std::max(broken_epoch_, item.epoch);
    }
    ++failed_batches_;
    if (error.kind == base::ErrorKind::Corrupt) {
        replaceCorrupt(transaction);
    } else if (error.kind == base::ErrorKind::Io && database_ != nullptr) {
        // On a full disk the log cannot grow; moved into the database, which has room for it
        // (FileRoom), it can be written from its beginning again.
        (void)database_->connection().checkpointPassive();
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
        last_id_ = database_->lastId();
        database_.reset();
        gate_.noteReplaced();
    }
    auto opened = openRecords(options_.path, format_, clock_, last_id_);
    if (!opened) {
        return base::fail(opened.error().kind, gone + opened.error().text);
    }
    transaction.report.trouble = gone + opened.value().trouble;
    database_ = std::move(opened.value().database);
    return database_ != nullptr
               ? base::Result<void>()
               : base::fail(base::ErrorKind::Io, base::cat(options_.path, " cannot be written"));
}

// Ruling S6: the damaged database stays readable under another name, and a fresh one takes over,
// whose ids go on behind. The sender's copies are intact: it is told to come again.
void RecordWriter::replaceCorrupt(Transaction& transaction) {
    if (database_ == nullptr) {
        return;
    }
    const std::string path = database_->path();
    last_id_ = database_->lastId();
    database_.reset();
    gate_.noteReplaced();
    const auto aside = quarantine(path, clock_.wallNs());
    const auto ready = aside ? ensureDatabase(transaction) : base::Result<void>(aside.error());
    transaction.report.trouble =
        aside ? base::cat(path, " is corrupt, kept as ", aside.value())
              : base::cat(path, " is corrupt and cannot be put aside: ", aside.error().text);
    if (!ready) {
        transaction.report.trouble += base::cat("; no new one yet: ", ready.error().text);
    }
}

void RecordWriter::tellRoom() {
    if (wants_room_.load() && queue_.count() <= rows_max_.load() / 2 &&
        queue_.bytes() <= kRecordQueueBytesMax / 2 && wants_room_.exchange(false)) {
        RecordReport report;
        report.has_room = true;
        listener_.reported(std::move(report));
    }
}

void RecordWriter::checkpointIfDue(bool is_idle) {
    if (database_ == nullptr || !checkpoint_policy_.isDue(wal_bytes_.load(), is_idle)) {
        return;
    }
    // A checkpoint that fails leaves the log as it was; the next commit meets the same disk and
    // reports what is wrong with it.
    const auto done = database_->connection().checkpointPassive();
    const bool complete = done && done.value().moved_pages == done.value().wal_pages;
    checkpoint_policy_.attempted(wal_bytes_.load(), complete);
    // Only readers with an older snapshot make a checkpoint stop early without an error.
    checkpoint_blocked_.store(done && !complete);
}

std::chrono::nanoseconds RecordWriter::idleWait() const {
    return checkpoint_policy_.wantsRetryWhenIdle(wal_bytes_.load()) ? kCheckpointRetryWait
                                                                    : kIdleWait;
}

// Closing moves the log by itself only when no reader has the database open; and until it is moved
// a power cut may take what was committed since the last time (synchronous=NORMAL).
void RecordWriter::close() {
    if (database_ != nullptr) {
        (void)database_->connection().checkpointPassive();
        database_.reset();
    }
}

}  // namespace evd::store
