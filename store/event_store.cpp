#include "store/event_store.h"

#include "common/base/check.h"
#include "common/base/log.h"
#include "common/base/text.h"
#include "common/db/schema.h"
#include "store/shard_files.h"

#include <algorithm>

namespace evd::store {

namespace {

base::Error comeAgain(std::string text) {
    return base::fail(base::ErrorKind::Busy, std::move(text));
}

}  // namespace

base::Result<std::unique_ptr<EventStore>> EventStore::open(EventStoreSettings settings,
                                                           const base::Guid& boot_id,
                                                           const base::Clock& clock,
                                                           EventStoreListener& listener) {
    EVD_TRY(makeStoreDirectory(settings.directory));
    auto survey = surveyStores(settings.directory, boot_id, clock.wallNs());
    if (!survey) {
        return survey.error();
    }
    for (const std::string& reason : survey.value().unreadable) {
        base::logWarning(base::cat(reason, ", going on without it"));
    }
    return std::unique_ptr<EventStore>(
        new EventStore(std::move(settings), boot_id, clock, listener, std::move(survey).value()));
}

EventStore::EventStore(EventStoreSettings settings, const base::Guid& boot_id,
                       const base::Clock& clock, EventStoreListener& listener, StoreSurvey survey)
    : boot_id_(boot_id),
      clock_(clock),
      listener_(listener),
      survey_(std::move(survey)),
      allocator_(survey_.last_id),
      shards_(std::move(settings), boot_id, allocator_, clock, /*listener=*/*this),
      quarantined_([this] { return db::discoverEventStores(shards_.settings().directory); }) {
    retention_parts_.push_back({nullptr, shards_.settings().retention});
}

EventStore::~EventStore() = default;

std::vector<wire::ResumePoint> EventStore::resumePoints() const {
    StoreSurvey now;
    now.accounted = survey_.accounted;
    for (const CpuHoldings& cpu : holdings()) {
        now.accounted.insert_or_assign(cpu.cpu, cpu.held);
    }
    std::erase_if(now.accounted, [](const auto& entry) { return entry.second.empty(); });
    return now.resumePoints();
}

base::Result<void> EventStore::attach(uint16_t cpu_count) {
    EVD_CHECK(isIdle(), "a collector attaches to an idle store");
    if (cpu_count == 0 || cpu_count > kCpusMax) {
        return base::fail(base::ErrorKind::Invalid,
                          base::cat("a collector of ", cpu_count, " rings"));
    }
    if (!isAttached()) {
        return openShards(cpu_count);
    }
    if (cpu_count != cpus_.size()) {
        makeLanes(cpu_count);
    }
    for (Cpu& cpu : cpus_) {
        cpu.lane.forgetFailures();
    }
    return {};
}

// A database that cannot be read just now may hold what the rings still hold, and that would be
// taken in a second time. So a few hellos are refused, which costs nothing but time, before the
// store goes on without it.
base::Result<void> EventStore::surveyAgain() {
    if (!survey_.is_undecided || hellos_refused_ == kUndecidedHellosMax) {
        return {};
    }
    auto again = surveyStores(shards_.settings().directory, boot_id_, clock_.wallNs());
    if (!again) {
        return again.error();
    }
    survey_ = std::move(again).value();
    allocator_.skipTo(survey_.last_id);
    if (!survey_.is_undecided) {
        return {};
    }
    ++hellos_refused_;
    return comeAgain(survey_.unreadable.front());
}

base::Result<void> EventStore::openShards(uint16_t cpu_count) {
    EVD_TRY(surveyAgain());
    const uint16_t wanted = shards_.settings().shards;
    const uint16_t count = std::min(wanted == 0 ? cpu_count : wanted, kShardsMax);
    // What the survey could not read may be readable now.
    EVD_TRY(shards_.open(count, survey_.accounted));
    makeLanes(cpu_count);
    // Spec §3.5: the same boot as that of the newest event means that this is a restart; so do
    // receipts of it, when retention has taken the event away.
    const bool is_restart = survey_.last_boot == boot_id_ || !survey_.accounted.empty();
    shards_.queueRecords(
        {{startupEvent(clock_.wallNs(), {boot_id_, is_restart, count, resumePoints()})},
         {{std::string(kLastIdKey), base::cat(allocator_.lastReservedId())}}});
    retention_parts_.front().kind =
        std::make_unique<EventRetention>(shards_.settings().directory, boot_id_, shards_.gates());
    retention_ = std::make_unique<Retention>(std::move(retention_parts_), clock_);
    return {};
}

void EventStore::makeLanes(uint16_t cpu_count) {
    // The greatest of all speaks for a cpu too that is not there now and comes back later.
    uint32_t epoch = 1;
    for (size_t cpu = 0; cpu < cpus_.size(); ++cpu) {
        epoch = std::max(epoch, cpus_[cpu].lane.epoch());
        survey_.accounted.insert_or_assign(static_cast<uint16_t>(cpu), cpus_[cpu].lane.accounted());
    }
    cpus_.clear();
    for (uint16_t cpu = 0; cpu < cpu_count; ++cpu) {
        const auto found = survey_.accounted.find(cpu);
        base::IntervalSet accounted =
            found == survey_.accounted.end() ? base::IntervalSet() : found->second;
        cpus_.push_back({CpuLane(std::move(accounted), epoch), {}, 0, 0, 0});
    }
    router_ = shards_.makeRouter(cpu_count);
}

std::vector<CpuHoldings> EventStore::holdings() const {
    std::vector<CpuHoldings> all;
    for (size_t cpu = 0; cpu < cpus_.size(); ++cpu) {
        all.push_back({static_cast<uint16_t>(cpu), cpus_[cpu].lane.accounted()});
    }
    return all;
}

void EventStore::write(const EventRun& run, std::unique_ptr<RunAnswer> answer) {
    if (draining_ || !isAttached()) {
        answer->give(base::fail(base::ErrorKind::Gone, "the store takes nothing in now"));
        return;
    }
    auto slices = checkRun(run, static_cast<uint16_t>(cpus_.size()));
    if (!slices) {
        ++refused_runs_;
        answer->give(slices.error());
        return;
    }
    tellRingFill(run);
    const base::Interval whole{run.first_sequence, run.last_sequence};
    CpuLane::Admission admission = cpus_[run.cpu].lane.admit(whole);
    switch (admission.verdict) {
        case CpuLane::Verdict::AlreadyHeld:
            duplicate_events_ += run.event_count;
            answer->give({});
            return;
        case CpuLane::Verdict::ComeAgain:
            ++postponed_runs_;
            answer->give(comeAgain("an earlier run of this cpu must come first"));
            return;
        case CpuLane::Verdict::Take:
            break;
    }
    if (admission.wanted.size() != 1 || !(admission.wanted.front() == whole)) {
        auto parts = restrictSlices(slices.value(), admission.wanted);
        uint64_t kept = 0;
        for (const RunSlice& part : parts) {
            kept += part.event_count;
        }
        duplicate_events_ += run.event_count - kept;
        slices = std::move(parts);
    }
    takeSlices(run.cpu, std::move(slices).value(), std::move(answer));
}

// At once, and not with the slices: what stands in a writer's queue is late (Spec §3.3, ring buffer
// pressure signaling).
void EventStore::tellRingFill(const EventRun& run) {
    if (run.ring_fill_percent > 0) {
        for (const uint16_t shard : router_->shardsOf(run.cpu)) {
            shards_.noteRingFill(shard, run.ring_fill_percent);
        }
    }
}

void EventStore::takeSlices(uint16_t cpu, std::vector<RunSlice> slices,
                            std::unique_ptr<RunAnswer> answer) {
    Cpu& state = cpus_[cpu];
    const RunId run = next_run_++;
    runs_.emplace(run, Run{std::move(answer), slices.size(), false});
    const int64_t noticed_wall_ns = clock_.wallNs();
    bool begins_run = true;
    for (RunSlice& slice : slices) {
        state.waiting.push_back(
            {run, state.lane.epoch(), begins_run, noticed_wall_ns, std::move(slice)});
        begins_run = false;
    }
    feed(cpu);
}

void EventStore::feed(uint16_t cpu) {
    Cpu& state = cpus_[cpu];
    while (!state.waiting.empty()) {
        WaitingSlice& next = state.waiting.front();
        if (!chooseShard(state, cpu, next)) {
            return;
        }
        const base::Interval covered = next.slice.covered;
        const uint64_t rows = next.slice.rows();
        const uint32_t events = next.slice.event_count;
        WriteItem item;
        item.ticket = shards_.nextTicket();
        item.slice_work = {cpu, next.epoch, std::move(next.slice), std::nullopt,
                           next.noticed_wall_ns};
        if (router_->shardsOf(cpu).size() > 1) {
            item.slice_work.elsewhere = state.lane.newestAccounted();
        }
        if (!shards_.tryPush(state.shard, item)) {
            next.slice = std::move(item.slice_work.slice);
            return;
        }
        under_way_.emplace(item.ticket, UnderWay{next.run, cpu, next.epoch, covered, events});
        ++state.under_way;
        state.turn_rows += rows;
        state.waiting.pop_front();
    }
}

// False: the next slice must wait, because what is under way goes to another shard.
bool EventStore::chooseShard(Cpu& state, uint16_t cpu, const WaitingSlice& next) {
    if (!next.begins_run) {
        return true;
    }
    if (state.under_way == 0) {
        const auto doubt = in_doubt_.find(cpu);
        state.shard = doubt == in_doubt_.end() ? router_->next(cpu) : doubt->second;
        state.turn_rows = 0;
        return true;
    }
    const bool has_turns = router_->shardsOf(cpu).size() > 1;
    return !has_turns || state.turn_rows < shards_.settings().batch.rows_max;
}

void EventStore::reported(ShardReport report) {
    if (mailbox_.put(std::move(report))) {
        listener_.reportsWaiting();
    }
}

void EventStore::committed(const wire::CommitNotice& notice) {
    listener_.committed(notice);
}

void EventStore::pump() {
    for (const ShardReport& report : mailbox_.takeAll()) {
        take(report);
    }
    for (size_t cpu = 0; cpu < cpus_.size(); ++cpu) {
        feed(static_cast<uint16_t>(cpu));
    }
}

void EventStore::take(const ShardReport& report) {
    if (shards_.shouldTellOf(report)) {
        tellOfFailure(report);
    }
    if (report.failure && report.failure->kind == base::ErrorKind::Io) {
        wakeRetention();  // Spec §11, disk full
    }
    takeFound(report);
    if (report.hasCommitted()) {
        std::erase_if(in_doubt_, [&](const auto& doubt) { return doubt.second == report.shard; });
    }
    for (const uint64_t ticket : report.committed) {
        if (!shards_.finishRecords(ticket, /*is_stored=*/true)) {
            sliceCommitted(takeTicket(ticket));
        }
    }
    for (const uint64_t ticket : report.given_up) {
        if (!shards_.finishRecords(ticket, /*is_stored=*/false)) {
            const UnderWay done = takeTicket(ticket);
            if (report.is_in_doubt) {
                in_doubt_.insert_or_assign(done.cpu, report.shard);
            }
            sliceGivenUp(done);
        }
    }
    if (!report.trouble.empty()) {
        base::logError(report.trouble);
        shards_.queueRecords(
            {{storageErrorEvent(clock_.wallNs(), "event", report.shard, report.trouble)}, {}});
    }
    shards_.sendPostponed();
}

// Before the cpus that are in doubt may go to another shard, whose writer would know nothing of it.
void EventStore::takeFound(const ShardReport& report) {
    for (const auto& [cpu, held] : report.found) {
        if (cpu < cpus_.size()) {
            cpus_[cpu].lane.found(held);
        }
    }
}

EventStore::UnderWay EventStore::takeTicket(uint64_t ticket) {
    const auto found = under_way_.extract(ticket);
    EVD_CHECK(!found.empty(), "a writer reports what it was given, once");
    return found.mapped();
}

void EventStore::sliceCommitted(const UnderWay& done) {
    Cpu& state = cpus_[done.cpu];
    --state.under_way;
    state.lane.committed(done.covered);
    stored_events_ += done.events;
    finishSlice(done.run, /*is_stored=*/true);
}

void EventStore::sliceGivenUp(const UnderWay& done) {
    Cpu& state = cpus_[done.cpu];
    --state.under_way;
    state.lane.failed(done.covered, done.epoch);
    finishSlice(done.run, /*is_stored=*/false);
    dropWaiting(done.cpu, done.epoch);
}

// What was to follow a run that was given up is given up too: a cpu's runs are committed in order.
void EventStore::dropWaiting(uint16_t cpu, uint32_t epoch) {
    Cpu& state = cpus_[cpu];
    while (!state.waiting.empty() && state.waiting.front().epoch <= epoch) {
        const WaitingSlice dropped = std::move(state.waiting.front());
        state.waiting.pop_front();
        state.lane.failed(dropped.slice.covered, dropped.epoch);
        finishSlice(dropped.run, /*is_stored=*/false);
    }
}

void EventStore::finishSlice(RunId id, bool is_stored) {
    const auto found = runs_.find(id);
    Run& run = found->second;
    run.has_failed = run.has_failed || !is_stored;
    if (--run.slices_open > 0) {
        return;
    }
    const Run finished = std::move(run);
    runs_.erase(found);
    if (finished.has_failed) {
        ++postponed_runs_;
        finished.answer->give(comeAgain("the run could not be committed now"));
    } else {
        finished.answer->give({});
    }
}

// One line and one storage_error per episode of failures: the sender keeps its runs and comes
// again, so there is nothing lost to tell of each time (Ruling S4).
void EventStore::tellOfFailure(const ShardReport& report) {
    std::map<uint16_t, base::IntervalSet> given_up;
    for (const uint64_t ticket : report.given_up) {
        const auto found = under_way_.find(ticket);
        if (found != under_way_.end()) {
            given_up[found->second.cpu].add(found->second.covered);
        }
    }
    std::string text = base::cat("shard ", report.shard, ": ", report.failure->text);
    for (const auto& [cpu, sequences] : given_up) {
        for (const base::Interval& interval : sequences.intervals()) {
            text += base::cat(", cpu ", cpu, " sequences ", interval.first, "-", interval.last);
        }
    }
    base::logError(text + ", not stored, the collector sends them again");
    shards_.queueRecords(
        {{storageErrorEvent(clock_.wallNs(), "event", report.shard, report.failure->text)}, {}});
}

size_t EventStore::addRetention(RetentionPart part) {
    EVD_CHECK(retention_ == nullptr, "retention is told what it looks after before it begins");
    retention_parts_.push_back(std::move(part));
    return retention_parts_.size() - 1;
}

void EventStore::configureRetention(size_t part, const RetentionLimits& limits) {
    if (retention_ != nullptr) {
        retention_->configure(part, limits);
    } else {
        retention_parts_.at(part).limits = limits;
    }
}

void EventStore::wakeRetention() {
    if (retention_ != nullptr) {
        retention_->wake();
    }
}

void EventStore::stopRetention() {
    if (retention_ != nullptr) {
        retention_->stop();
    }
}

void EventStore::refuseRuns() {
    draining_ = true;
    stopRetention();
}

void EventStore::queueShutdown() {
    if (!isAttached()) {
        return;
    }
    RecordWork records;
    const auto last = resumePoints();
    records.events.push_back(shutdownEvent(clock_.wallNs(), last));
    for (const wire::ResumePoint& point : last) {
        records.metadata.emplace_back(base::cat(db::kLastSequenceKeyPrefix, point.cpu),
                                      base::cat(point.sequence));
    }
    records.metadata.emplace_back(kLastIdKey, base::cat(allocator_.lastReservedId() + 1));
    shards_.queueRecords(std::move(records));
}

void EventStore::queueRecords(std::vector<SyntheticEvent> events) {
    if (!events.empty()) {
        shards_.queueRecords({std::move(events), {}});
    }
}

void EventStore::stopWriters() {
    refuseRuns();
    shards_.stop();
}

std::vector<wire::Measure> EventStore::measures() {
    std::vector<wire::Measure> all;
    shards_.addMeasures(all);
    if (retention_ != nullptr) {
        retention_->addMeasures(all);
    }
    all.push_back({"quarantined_files", quarantined_.count(clock_.monotonicNs())});
    all.push_back({"stable_id", allocator_.stableId()});
    all.push_back({"stored_events", static_cast<int64_t>(stored_events_)});
    all.push_back({"duplicate_events", static_cast<int64_t>(duplicate_events_)});
    all.push_back({"refused_runs", static_cast<int64_t>(refused_runs_)});
    all.push_back({"postponed_runs", static_cast<int64_t>(postponed_runs_)});
    return all;
}

}  // namespace evd::store
