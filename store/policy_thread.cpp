#include "store/policy_thread.h"

#include "common/base/log.h"
#include "common/base/text.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace evd::store {

PolicyThread::PolicyThread(Settings settings, std::unique_ptr<MetaStore> store,
                           const base::Clock& clock, Publish publish,
                           PublishRollups publish_rollups)
    : clock_(clock),
      publish_(std::move(publish)),
      publish_rollups_(std::move(publish_rollups)),
      settings_(settings),
      store_(std::move(store)),
      policy_(settings.policy),
      rollup_policy_(settings.rollups),
      last_run_ns_(clock.monotonicNs()) {
    load();
    thread_ = std::make_unique<base::Thread>("index-policy", [this] { run(); });
}

PolicyThread::~PolicyThread() {
    stop();
}

void PolicyThread::stop() {
    queue_.close();
    thread_->join();
}

// Before there is a thread: what was wanted is known before the first shard is looked at.
void PolicyThread::load() {
    if (store_ != nullptr) {
        const auto state = store_->load();
        if (state) {
            policy_.restore(state.value().indexes, clock_.wallNs());
            rollup_policy_.restore(state.value().rollups, clock_.wallNs());
        } else {
            base::logWarning(
                base::cat("the index policy starts from nothing: ", state.error().text));
        }
    }
    publishIfNew(/*is_first=*/true);
}

void PolicyThread::count(std::vector<FieldCount> counts) {
    Work work{std::move(counts), {}, {}, {}};
    if (!queue_.tryPush(work, 1, 1)) {
        ++dropped_counts_;
    }
}

void PolicyThread::count(std::vector<RollupCount> counts) {
    Work work{{}, std::move(counts), {}, {}};
    if (!queue_.tryPush(work, 1, 1)) {
        ++dropped_counts_;
    }
}

void PolicyThread::askFor(IndexField field, Answer answer) {
    Work work{{}, {}, std::move(field), std::move(answer)};
    if (!queue_.tryPush(work, 1, 1)) {
        work.answer(base::fail(base::ErrorKind::Busy,
                               "the store has too much to do to take an INDEX now, try again"));
    }
}

void PolicyThread::configure(Settings settings) {
    {
        const std::lock_guard lock(settings_mutex_);
        settings_ = settings;
    }
    queue_.wake();  // A shorter interval may be over already.
}

void PolicyThread::run() {
    for (;;) {
        Settings settings;
        {
            const std::lock_guard lock(settings_mutex_);
            settings = settings_;
        }
        const int64_t due_ns = last_run_ns_ + settings.interval_ns;
        const int64_t wait_ns = std::max<int64_t>(due_ns - clock_.monotonicNs(), 0);
        const auto work = queue_.pop(std::chrono::nanoseconds(wait_ns));
        policy_.configure(settings.policy, clock_.wallNs());
        rollup_policy_.configure(settings.rollups, clock_.wallNs());
        if (work) {
            take(*work);
        } else if (queue_.closed()) {
            persist();
            return;
        }
        if (clock_.monotonicNs() >= due_ns) {
            applyPolicy();
        }
    }
}

void PolicyThread::take(const Work& work) {
    const int64_t now_ns = clock_.wallNs();
    for (const FieldCount& counted : work.counts) {
        policy_.count(counted.field, counted.queries, now_ns);
    }
    for (const RollupCount& counted : work.rollups) {
        rollup_policy_.count(counted.kind, counted.queries, now_ns);
    }
    if (!work.rollups.empty()) {
        addRollups(now_ns);
    }
    if (!work.answer) {
        return;
    }
    const auto asked = policy_.askFor(work.field, now_ns);
    if (asked) {
        applyPolicy();
    }
    work.answer(asked);
}

// A rollup is built window by window and costs little, so that one which is asked for often need
// not wait for the interval (Spec §7.4 names none).
void PolicyThread::addRollups(int64_t now_ns) {
    const size_t before = rollup_policy_.desired().size();
    if (rollup_policy_.recompute(now_ns).size() > before) {
        publishIfNew(/*is_first=*/false);
        persist();
    }
}

void PolicyThread::applyPolicy() {
    last_run_ns_ = clock_.monotonicNs();
    policy_.recompute(clock_.wallNs());
    rollup_policy_.recompute(clock_.wallNs());
    publishIfNew(/*is_first=*/false);
    persist();
}

void PolicyThread::publishIfNew(bool is_first) {
    if (is_first || *published_ != policy_.desired()) {
        // Shared with the writers, and never changed.
        published_ = std::make_shared<const DesiredIndexes>(policy_.desired());
        publish_(published_);
    }
    if (publish_rollups_ && (is_first || *published_rollups_ != rollup_policy_.desired())) {
        published_rollups_ = std::make_shared<const RollupKinds>(rollup_policy_.desired());
        publish_rollups_(published_rollups_);
    }
}

void PolicyThread::persist() {
    if (store_ == nullptr) {
        return;
    }
    const auto saved =
        store_->save({policy_.state(clock_.wallNs()), rollup_policy_.state(clock_.wallNs())});
    if (!saved && !std::exchange(is_failing_, true)) {
        base::logWarning(base::cat("the index policy could not be persisted: ", saved.error().text,
                                   ", going on in memory"));
    }
    is_failing_ = !saved;
}

}  // namespace evd::store
