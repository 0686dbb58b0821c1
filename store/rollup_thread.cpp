#include "store/rollup_thread.h"

#include "common/base/log.h"
#include "common/base/text.h"
#include "common/db/metadata.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

namespace evd::store {

namespace {

// Waiting for a lock within a turn would keep the writer waiting too.
constexpr std::string_view kPragmas =
    "PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=0; PRAGMA cache_size=-2048";

void raise(std::atomic<int64_t>& greatest, int64_t value) {
    int64_t known = greatest.load();
    while (value > known && !greatest.compare_exchange_weak(known, value)) {
    }
}

}  // namespace

RollupThread::RollupThread(std::string path, ShardGate& gate, RollupState& state,
                           const base::Clock& clock)
    : path_(std::move(path)),
      gate_(gate),
      state_(state),
      clock_(clock),
      wanted_(std::make_shared<const RollupKinds>()),
      kinds_(wanted_),
      thread_(std::make_unique<base::Thread>("rollups", [this] { run(); })) {}

RollupThread::~RollupThread() {
    stop();
}

void RollupThread::want(RollupKindsView kinds) {
    const std::lock_guard lock(mutex_);
    wanted_ = std::move(kinds);
    has_news_ = true;
    changed_.notify_all();
}

void RollupThread::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        changed_.notify_all();
    }
    thread_->join();
}

void RollupThread::addMeasures(std::vector<wire::Measure>& measures) const {
    measures.push_back({"rollups.kinds", kinds_wanted_});
    measures.push_back({"rollups.passes", passes_});
    measures.push_back({"rollups.windows_built", windows_built_});
    measures.push_back({"rollups.worst_pause_us", worst_hold_us_});
}

bool RollupThread::rest(int64_t rest_ns) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::nanoseconds(rest_ns),
                      [this] { return stopping_ || has_news_; });
    return !stopping_;
}

void RollupThread::run() {
    while (!stopping_) {
        takeNews();
        const int64_t now_ns = clock_.wallNs();
        const auto due = schedule_.next(now_ns);
        if (!due) {
            // Late samples are looked for while something is wanted at all.
            const int64_t wait_ns = schedule_.waitNs(now_ns);
            (void)rest(kinds_->empty() ? wait_ns : std::min(wait_ns, kLookNs));
            continue;
        }
        schedule_.begun(*due, now_ns);
        const auto done = runPass(*due);
        if (done && !stopping_) {
            schedule_.finished(*due);
            ++passes_;
            is_failing_ = false;
        } else {
            schedule_.failed(*due);
            if (!done && !std::exchange(is_failing_, true)) {
                base::logWarning(base::cat("rollups cannot be built: ", done.error().text,
                                           ", answers are computed without them"));
            }
            if (!done) {
                builder_.reset();
                connection_.reset();
                (void)rest(kTroubleRestNs);
            }
        }
    }
    builder_.reset();
    connection_.reset();
}

void RollupThread::takeNews() {
    takeWanted();
    takeLateSample();
}

// For what is wanted now. What is wanted later, or after a restart, is told by the store itself
// (RollupInvalidator).
void RollupThread::takeLateSample() {
    const int64_t late_ns = state_.takeLateSample();
    if (late_ns != std::numeric_limits<int64_t>::max()) {
        schedule_.sampleCameLate(late_ns);
    }
}

void RollupThread::takeWanted() {
    {
        const std::lock_guard lock(mutex_);
        if (!has_news_.exchange(false)) {
            return;
        }
        kinds_ = wanted_;
    }
    kinds_wanted_ = static_cast<int64_t>(kinds_->size());
    std::map<RollupKind, int64_t> through;
    if (!kinds_->empty()) {
        auto loaded = loadThrough();
        if (loaded) {
            through = std::move(loaded).value();
        }
    }
    schedule_.want(*kinds_, through);
}

base::Result<void> RollupThread::ensureOpen() {
    if (builder_ != nullptr && replacements_ == gate_.replacements()) {
        return {};
    }
    builder_.reset();
    connection_.reset();
    auto opened = db::Connection::openForWriting(path_);
    if (!opened) {
        return opened.error();
    }
    connection_ = std::move(opened).value();
    EVD_TRY(connection_->execute(kPragmas));
    auto made = RollupBuilder::make(*connection_);
    if (!made) {
        return made.error();
    }
    builder_ = std::move(made).value();
    replacements_ = gate_.replacements();
    return {};
}

base::Result<void> RollupThread::runPass(const RollupSchedule::Due& due) {
    state_.willBuildUntil(due.until_ns);
    auto pass = RollupBuilder::begin(due.kind, due.from_ns, due.until_ns);
    while (!pass.is_finished && !stopping_) {
        const auto worked = stepWithinTurn(pass);
        if (!worked) {
            return worked.error();
        }
        if (!rest(worked.value() ? pace_.restNs() : kPressedRestNs)) {
            return {};
        }
        if (has_news_) {
            takeNews();
            if (std::find(kinds_->begin(), kinds_->end(), due.kind) == kinds_->end()) {
                return {};
            }
        }
    }
    return pass.is_finished ? saveThrough(due) : base::Result<void>();
}

// False: the writer waits, and nothing was done.
base::Result<bool> RollupThread::stepWithinTurn(RollupBuilder::Pass& pass) {
    const ShardGate::Turn turn(gate_);
    if (gate_.isWanted()) {
        return false;
    }
    EVD_TRY(ensureOpen());
    const int64_t begun_ns = clock_.monotonicNs();
    const auto work = builder_->step(pass, pace_.rows());
    const int64_t hold_ns = clock_.monotonicNs() - begun_ns;
    pace_.took(hold_ns, gate_.isWanted());
    raise(worst_hold_us_, hold_ns / base::kNsPerUs);
    if (!work) {
        // An administrator's shell has the lock: later is soon enough.
        return work.error().kind == base::ErrorKind::Busy ? base::Result<bool>(false)
                                                          : work.error();
    }
    windows_built_ += static_cast<int64_t>(work.value().windows_made);
    return true;
}

base::Result<std::map<RollupKind, int64_t>> RollupThread::loadThrough() {
    const ShardGate::Turn turn(gate_);
    EVD_TRY(ensureOpen());
    auto query = connection_->prepare("SELECT key, value FROM metadata WHERE key GLOB ?1");
    if (!query) {
        return query.error();
    }
    const std::string pattern = base::cat(kRollupThroughPrefix, '*');
    query.value()->bindText(1, pattern);
    std::map<RollupKind, int64_t> through;
    for (;;) {
        auto row = query.value()->step();
        if (!row) {
            return row.error();
        }
        if (!row.value()) {
            return through;
        }
        const auto kind =
            parseRollupKind(query.value()->columnText(0).substr(kRollupThroughPrefix.size()));
        const auto until = base::parseU64(query.value()->columnText(1));
        if (kind && until &&
            until.value() <= static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
            through.emplace(*kind, static_cast<int64_t>(until.value()));
        }
    }
}

base::Result<void> RollupThread::saveThrough(const RollupSchedule::Due& due) {
    const ShardGate::Turn turn(gate_);
    EVD_TRY(ensureOpen());
    const std::string key = base::cat(kRollupThroughPrefix, rollupKindText(due.kind));
    // Within the turn: no sample can come late in between and have its word in the store undone.
    takeLateSample();
    const std::string value = base::cat(std::max<int64_t>(schedule_.builtThroughNs(due), 0));
    return db::writeMetadata(*connection_, key, value);
}

}  // namespace evd::store
