// The thread sleeps on its queue. An item wakes it and opens a transaction; further items join as
// long as the policy says Continue and the queue has some. Then COMMIT, and only after it, in this
// order: ids are settled (the stable id moves), the notice is published, the report is made, and
// the checkpointer has its turn. So nobody is told of a record that is not durable, and a
// checkpoint, most of which is another thread's, delays no answer but those of the next batch. A
// thread that has had nothing to do for a while sees to the shard's indexes, and lets go of them as
// soon as something comes.

#include "store/shard_writer.h"

#include "common/base/log.h"
#include "common/base/text.h"
#include "common/kmes/event_header.h"
#include "store/boot.h"
#include "store/receipts.h"
#include "store/remedy.h"
#include "store/shard_files.h"

#include <algorithm>
#include <limits>

namespace evd::store {

namespace {

base::Error noDatabase() {
    return base::fail(base::ErrorKind::Io, "the shard has no database");
}

}  // namespace

// One transaction on its way: what is in it, and what must live until it ends.
struct ShardWriter::Batch {
    std::vector<WriteItem> items;
    ShardReport report;
    SequenceAllocator::Reservation reservation;
    std::deque<SyntheticEvent> gap_records;  // their payloads are bound, not copied
    int64_t last_id = 0;
    int64_t newest_timestamp_ns = 0;
    uint64_t rows = 0;
    int64_t begun_ns = 0;
    int64_t committing_ns = 0;
};

ShardWriter::ShardWriter(Options options, std::unique_ptr<ShardDatabase> database,
                         SequenceAllocator& allocator, const base::Clock& clock,
                         WriterListener& listener)
    : options_(std::move(options)),
      allocator_(allocator),
      clock_(clock),
      listener_(listener),
      queue_(options_.limits.rows_max, kQueueBytesMax),
      latency_ns_max_(options_.limits.latency_ns_max),
      checkpoint_bytes_(options_.checkpoint_bytes),
      database_(std::move(database)),
      indexes_(options_.shard, options_.shedding),
      batch_policy_(options_.limits),
      checkpointer_(base::cat("moves-", options_.shard), options_.checkpoint_bytes),
      thread_(
          std::make_unique<base::Thread>(base::cat("shard-", options_.shard), [this] { run(); })) {}

ShardWriter::~ShardWriter() {
    stop();
}

void ShardWriter::setLimits(BatchPolicy::Limits limits, int64_t checkpoint_bytes) {
    latency_ns_max_.store(limits.latency_ns_max);
    checkpoint_bytes_.store(checkpoint_bytes);
    queue_.setRowsMax(limits.rows_max);
}

void ShardWriter::wantIndexes(DesiredIndexesView desired) {
    indexes_.want(std::move(desired));
    queue_.wake();
}

void ShardWriter::stop() {
    queue_.close();
    thread_->join();
}

ShardWriter::Figures ShardWriter::figures() const {
    return {meter_.figures(checkpointer_), gate_.rows().rows(), indexes_.figures()};
}

void ShardWriter::run() {
    if (database_ != nullptr) {
        const ShardGate::Turn turn(gate_);
        afterIndexWork(indexes_.discover(database_->connection()));
    }
    for (;;) {
        std::optional<WriteItem> item = std::exchange(carried_, std::nullopt);
        if (!item) {
            item = queue_.pop(idleWait());
        }
        auto load = CheckpointPolicy::Load::Idle;
        if (item) {
            writeBatch(std::move(*item));
            load = CheckpointPolicy::afterTransaction(queue_.count() > 0);
        } else if (queue_.closed()) {
            break;
        } else if (doubtful_.isOpen()) {
            settleDoubt();
        } else {
            tendIndexes();
            countRows();
        }
        if (database_ != nullptr) {
            checkpointer_.runIfDue(database_->connection(), database_->path(), load);
        }
    }
    closeDatabase();
}

void ShardWriter::closeDatabase() {
    checkpointer_.letGo();
    database_.reset();
}

void ShardWriter::giveUpDatabase() {
    closeDatabase();
    gate_.noteReplaced();
}

void ShardWriter::applyLimits() {
    batch_policy_.setLimits({queue_.rowsMax(), latency_ns_max_.load()});
    checkpointer_.setThreshold(checkpoint_bytes_.load());
}

void ShardWriter::writeBatch(WriteItem first) {
    applyLimits();
    Batch batch;
    batch.report.shard = options_.shard;
    const ShardGate::Turn turn(gate_);
    batch.begun_ns = clock_.monotonicNs();
    batch_policy_.begin(batch.begun_ns);
    base::Result<void> outcome = gather(batch, std::move(first));
    if (outcome) {
        batch.committing_ns = clock_.monotonicNs();
        outcome = batch.items.empty() ? base::Result<void>() : database_->commit();
        batch.report.is_in_doubt = !outcome;
    }
    if (outcome) {
        succeed(batch);
    } else {
        fail(batch, outcome.error());
    }
    listener_.reported(std::move(batch.report));
    if (outcome && batch.rows > 0) {
        shedIndexes(batch);
    }
}

// Whoever follows the store waits for the stable id, and the next event of this shard may be days
// away. What is written matters little: it takes the place in the log of what is in doubt.
void ShardWriter::settleDoubt() {
    RecordWork own;
    own.metadata.emplace_back(kLastIdKey, base::cat(allocator_.lastReservedId()));
    writeBatch({kNoTicket, {}, std::move(own)});
}

base::Result<void> ShardWriter::gather(Batch& batch, WriteItem first) {
    std::optional<WriteItem> item = std::move(first);
    bool begun = false;
    while (item) {
        tellRoom();
        if (isBroken(*item)) {
            batch.report.given_up.push_back(item->ticket);
        } else if (!batch_policy_.fits(batch.rows, item->rows())) {
            carried_ = std::move(item);
            return {};
        } else {
            batch.items.push_back(std::move(*item));
            if (!begun) {
                EVD_TRY(askPutAside(batch));
                EVD_TRY(ensureDatabase(batch));
                EVD_TRY(database_->begin());
                begun = true;
            }
            EVD_TRY(insert(batch, batch.items.back()));
        }
        if (batch_policy_.decide(clock_.monotonicNs(), batch.rows, queue_.count()) ==
            BatchPolicy::Decision::Commit) {
            return {};
        }
        item = queue_.tryPop();
    }
    return {};
}

base::Result<void> ShardWriter::insert(Batch& batch, const WriteItem& item) {
    return item.isSlice() ? insertSlice(batch, item.slice_work)
                          : insertRecords(batch, item.record_work);
}

base::Result<void> ShardWriter::insertSlice(Batch& batch, const SliceWork& work) {
    for (const RunSlice& part :
         restrictSlices({work.slice}, notHeld(work.cpu, work.slice.covered))) {
        EVD_TRY(insertRows(batch, work, part));
    }
    database_->account(work.cpu, work.slice.covered, work.elsewhere);
    return {};
}

// Nearly always all of it. The commit of the rest failed, and was found to be done when the
// database was opened anew or put aside; the lane has been told, but this was in the queue by then.
std::vector<base::Interval> ShardWriter::notHeld(uint16_t cpu, base::Interval covered) const {
    std::vector<base::Interval> wanted = {covered};
    for (const auto* receipts : {&database_->receipts(), &held_aside_}) {
        const auto held = receipts->find(cpu);
        if (held == receipts->end() || !held->second.intersects(covered)) {
            continue;
        }
        std::vector<base::Interval> missing;
        for (const base::Interval& interval : wanted) {
            const auto parts = held->second.missingFrom(interval);
            missing.insert(missing.end(), parts.begin(), parts.end());
        }
        wanted = std::move(missing);
    }
    return wanted;
}

// Events and gap records in the order of their sequence numbers, so that ids follow it.
base::Result<void> ShardWriter::insertRows(Batch& batch, const SliceWork& work,
                                           const RunSlice& slice) {
    int64_t id = allocator_.reserve(batch.reservation, static_cast<uint32_t>(slice.rows()));
    batch.last_id = id + static_cast<int64_t>(slice.rows()) - 1;
    batch.rows += slice.rows();
    size_t gaps_done = 0;
    const auto insertGapsBefore = [&](uint64_t sequence) -> base::Result<void> {
        while (gaps_done < slice.gaps.size() && slice.gaps[gaps_done].first_missing < sequence) {
            const SyntheticEvent& record = batch.gap_records.emplace_back(
                gapEvent(work.noticed_wall_ns, work.cpu, slice.gaps[gaps_done++]));
            EVD_TRY(database_->insert({id++, record.timestamp_ns, record.cpu, record.type,
                                       record.payload, std::nullopt}));
        }
        return {};
    };
    for (size_t offset = 0; offset < slice.events.size();) {
        const auto bytes = slice.events.subspan(offset);
        const auto decoded = kmes::decodeEventHeader(bytes);
        if (!decoded) {
            return decoded.error();
        }
        const kmes::EventHeader& header = decoded.value();
        EVD_TRY(insertGapsBefore(header.sequence));
        const int64_t timestamp_ns = clampToInteger(header.timestamp_ns);
        EVD_TRY(database_->insert({id++, timestamp_ns, header.cpu, kmes::eventType(header, bytes),
                                   kmes::eventPayload(header, bytes), header}));
        batch.newest_timestamp_ns = std::max(batch.newest_timestamp_ns, timestamp_ns);
        offset += header.event_bytes;
    }
    EVD_TRY(insertGapsBefore(std::numeric_limits<uint64_t>::max()));
    if (!slice.gaps.empty()) {
        batch.newest_timestamp_ns = std::max(batch.newest_timestamp_ns, work.noticed_wall_ns);
    }
    return {};
}

base::Result<void> ShardWriter::insertRecords(Batch& batch, const RecordWork& work) {
    for (const SyntheticEvent& event : work.events) {
        const int64_t id = allocator_.reserve(batch.reservation, 1);
        batch.last_id = id;
        ++batch.rows;
        batch.newest_timestamp_ns = std::max(batch.newest_timestamp_ns, event.timestamp_ns);
        EVD_TRY(database_->insert(
            {id, event.timestamp_ns, event.cpu, event.type, event.payload, std::nullopt}));
    }
    for (const auto& [key, value] : work.metadata) {
        EVD_TRY(database_->setMetadata(key, value));
    }
    return {};
}

bool ShardWriter::isBroken(const WriteItem& item) const {
    if (!item.isSlice()) {
        return false;
    }
    const auto broken = broken_epochs_.find(item.slice_work.cpu);
    return broken != broken_epochs_.end() && item.slice_work.epoch <= broken->second;
}

void ShardWriter::succeed(Batch& batch) {
    const int64_t now_ns = clock_.monotonicNs();
    for (const WriteItem& item : batch.items) {
        if (item.ticket != kNoTicket) {
            batch.report.committed.push_back(item.ticket);
        }
    }
    if (batch.items.empty()) {
        return;
    }
    failed_reads_.forget();
    const int64_t first_id = batch.reservation.lowest();
    allocator_.settle(batch.reservation);
    if (doubtful_.isOpen()) {
        allocator_.settle(doubtful_);  // this commit has taken the place of the one in doubt
        batch.report.has_settled = true;
    }
    if (batch.rows > 0) {
        listener_.committed({wire::CommitNotice::Store::Events, options_.shard, first_id,
                             batch.last_id, allocator_.stableId(), batch.newest_timestamp_ns});
    } else if (batch.report.has_settled) {
        tellStableId();
    }
    batch_policy_.committed(now_ns,
                            {batch.rows, queue_.count(), batch.committing_ns - batch.begun_ns,
                             now_ns - batch.committing_ns});
    meter_.committed(batch.rows, now_ns - batch.committing_ns);
    gate_.rows().added(batch.rows);
    checkpointer_.noteLog(database_->walBytes());
}

void ShardWriter::fail(Batch& batch, base::Error error) {
    if (database_ != nullptr) {
        database_->rollBack();
    }
    for (const WriteItem& item : batch.items) {
        if (item.ticket != kNoTicket) {
            batch.report.given_up.push_back(item.ticket);
        }
        if (item.isSlice()) {
            const SliceWork& work = item.slice_work;
            uint32_t& broken = broken_epochs_.try_emplace(work.cpu, 0).first->second;
            broken = std::max(broken, work.epoch);
        }
    }
    meter_.failed();
    if (batch.reservation.isOpen()) {
        // Whatever else than the disk refuses a commit does so before anything is in the log.
        const bool may_come_back = batch.report.is_in_doubt && error.kind == base::ErrorKind::Io;
        if (may_come_back && !doubtful_.isOpen()) {
            doubtful_ = batch.reservation;  // the lowest of several speaks for all of them
        } else {
            allocator_.settle(batch.reservation);
        }
        tellStableId();
    }
    switch (remedyFor(error, database_ != nullptr, shardPath(options_.directory, options_.shard),
                      failed_reads_, clock_.monotonicNs())) {
        case Remedy::None:
            break;
        case Remedy::MakeRoom:
            Checkpointer::makeRoom(database_->connection());
            break;
        case Remedy::Reopen:
            giveUpDatabase();
            break;
        case Remedy::Replace:
            replaceDamaged(batch);
            break;
    }
    batch.report.failure = std::move(error);
}

// Void ids can be all that kept the stable id back; whoever follows it must hear.
void ShardWriter::tellStableId() {
    const int64_t stable_id = allocator_.stableId();
    listener_.committed(
        {wire::CommitNotice::Store::Events, options_.shard, stable_id, stable_id, stable_id, 0});
}

base::Result<void> ShardWriter::ensureDatabase(Batch& batch) {
    if (database_ != nullptr && !database_->connection().hasMoved()) {
        return {};
    }
    std::string gone;
    if (database_ != nullptr) {
        gone = base::cat(database_->path(), " was removed while it was in use; ");
        giveUpDatabase();
    }
    auto opened = openShard(options_.directory, options_.shard, options_.boot_id, clock_);
    if (!opened) {
        return base::fail(opened.error().kind, gone + opened.error().text);
    }
    batch.report.trouble = gone + opened.value().trouble;
    database_ = std::move(opened.value().database);
    gate_.rows().forget();
    if (!opened.value().aside.empty()) {
        put_aside_.set(std::move(opened.value().aside));
    }
    if (database_ == nullptr) {
        return noDatabase();
    }
    addReceipts(database_->receipts(), batch.report.found);
    return indexes_.discover(database_->connection());
}

// Ruling S6: the damaged database stays readable under another name, and the next batch finds a
// fresh one. The sender's copies are intact: it is told to come again.
void ShardWriter::replaceDamaged(Batch& batch) {
    if (database_ != nullptr) {
        if (doubtful_.isOpen()) {
            // Takes the place in the log of what is in doubt, where that can be done; otherwise
            // what a reader finds there counts.
            (void)commitLastId();
        }
        giveUpDatabase();
    }
    batch.report.trouble =
        quarantineAndReplace(shardPath(options_.directory, options_.shard), clock_.wallNs(),
                             [&](const std::string& aside) {
                                 put_aside_.set(aside);
                                 failed_reads_.forget();
                                 (void)askPutAside(batch);  // the next batch does it again
                                 return ensureDatabase(batch);
                             });
}

base::Result<void> ShardWriter::commitLastId() {
    EVD_TRY(database_->begin());
    EVD_TRY(database_->setMetadata(kLastIdKey, base::cat(allocator_.lastReservedId())));
    return database_->commit();
}

base::Result<void> ShardWriter::askPutAside(Batch& batch) {
    return put_aside_.ask([&](db::Connection& connection) -> base::Result<void> {
        auto read = readReceipts(connection, options_.boot_id, held_aside_);
        addReceipts(held_aside_, batch.report.found);
        return read;
    });
}

void ShardWriter::tellRoom() {
    if (queue_.takeWishForRoom()) {
        ShardReport report;
        report.shard = options_.shard;
        report.has_room = true;
        listener_.reported(std::move(report));
    }
}

std::chrono::nanoseconds ShardWriter::idleWait() {
    if (doubtful_.isOpen()) {
        return kDoubtWait;  // Nothing else is done meanwhile, however urgent.
    }
    std::chrono::nanoseconds wait = checkpointer_.idleWait();
    const auto index_wait_ns =
        database_ == nullptr ? std::optional<int64_t>() : indexes_.waitNs(clock_.monotonicNs());
    if (database_ != nullptr && gate_.rows().isWanted()) {
        wait = std::min<std::chrono::nanoseconds>(wait, kRowCountWait);
    }
    return index_wait_ns ? std::min(wait, std::chrono::nanoseconds(*index_wait_ns)) : wait;
}

void ShardWriter::shedIndexes(const Batch& batch) {
    const BatchLoad load{batch.rows, queue_.count(), queue_.rowsMax(), carried_.has_value()};
    afterIndexWork(indexes_.committed(database_->connection(), clock_.monotonicNs(), load));
}

// Spec §3.3: throughput comes first. Whatever arrives ends the build at its next step; when the
// build is overdue, what arrives waits in the queue as long as it does not press.
void ShardWriter::tendIndexes() {
    if (database_ == nullptr) {
        return;
    }
    const ShardGate::Turn turn(gate_);
    const bool is_overdue = indexes_.isOverdue(clock_.monotonicNs());
    const size_t rows_max = is_overdue ? queue_.rowsMax() * kIndexQueuePercent / 100 : 0;
    const size_t bytes_max = is_overdue ? kQueueBytesMax * kIndexQueuePercent / 100 : 0;
    afterIndexWork(indexes_.tend(
        database_->connection(), [this] { return clock_.monotonicNs(); },
        [this, rows_max, bytes_max] {
            return queue_.count() > rows_max || queue_.bytes() > bytes_max || queue_.closed();
        }));
}

void ShardWriter::countRows() {
    if (database_ != nullptr && gate_.rows().isWanted() && !hasWork()) {
        const ShardGate::Turn turn(gate_);
        gate_.rows().count(database_->connection(), [this] { return hasWork(); });
    }
}

void ShardWriter::afterIndexWork(const base::Result<void>& outcome) {
    if (!outcome && outcome.error().kind == base::ErrorKind::Corrupt) {
        Batch batch;
        batch.report.shard = options_.shard;
        replaceDamaged(batch);
        listener_.reported(std::move(batch.report));
    } else if (!outcome) {
        base::logWarning(base::cat("shard ", options_.shard, ": ", outcome.error().text,
                                   ", leaving its indexes as they are"));
    }
    if (database_ != nullptr) {
        checkpointer_.noteLog(database_->walBytes());
    }
}

}  // namespace evd::store
