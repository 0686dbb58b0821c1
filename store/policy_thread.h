#pragma once

#include "common/base/bounded_queue.h"
#include "common/base/clock.h"
#include "common/base/thread.h"
#include "store/index_policy.h"
#include "store/meta_store.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace evd::store {

inline constexpr size_t kPolicyWorkMax = 256;  // batches of counts and commands that wait

struct FieldCount {
    IndexField field;
    uint64_t queries = 0;
};

struct RollupCount {
    RollupKind kind;
    uint64_t queries = 0;
};

// The thread of the index and the rollup policy (Spec §3.3, §7.4): the only one that counts,
// decides and touches eventd-meta.db.
//
// Takes counts and INDEX commands from a queue, applies the policies once per interval and at each
// INDEX, persists after each time, and publishes a desired set when it has changed, and once when
// it starts. Reports above kPolicyWorkMax are dropped and counted: they only cost accuracy.
// Callbacks come on its thread and must not wait. stop() persists what was counted. Without a meta
// store everything is kept in memory only. The clock outlives it.
class PolicyThread {
  public:
    struct Settings {
        IndexPolicy::Settings policy = kIndexThresholds;
        RollupPolicy::Settings rollups = kRollupThresholds;
        int64_t interval_ns = int64_t{3600} * base::kNsPerSecond;
    };
    using Publish = std::function<void(DesiredIndexesView)>;
    using PublishRollups = std::function<void(RollupKindsView)>;
    using Answer = std::function<void(base::Result<void>)>;

    PolicyThread(Settings settings, std::unique_ptr<MetaStore> store, const base::Clock& clock,
                 Publish publish, PublishRollups publish_rollups = {});
    ~PolicyThread();
    PolicyThread(const PolicyThread&) = delete;
    PolicyThread& operator=(const PolicyThread&) = delete;

    void count(std::vector<FieldCount> counts);
    void count(std::vector<RollupCount> counts);
    // INDEX: the answer is given once the field is in the desired set and that is persisted or
    // known to be impossible. Busy when too much is waiting.
    void askFor(IndexField field, Answer answer);
    void configure(Settings settings);
    void stop();

    uint64_t droppedCounts() const { return dropped_counts_; }

  private:
    struct Work {
        std::vector<FieldCount> counts;
        std::vector<RollupCount> rollups;
        IndexField field;
        Answer answer;  // of an INDEX
    };

    void run();
    void load();
    void take(const Work& work);
    void addRollups(int64_t now_ns);
    void applyPolicy();
    void publishIfNew(bool is_first);
    void persist();

    const base::Clock& clock_;
    const Publish publish_;
    const PublishRollups publish_rollups_;  // may be empty
    base::BoundedQueue<Work> queue_{kPolicyWorkMax, kPolicyWorkMax};
    std::atomic<uint64_t> dropped_counts_{0};
    std::mutex settings_mutex_;
    Settings settings_;

    // The thread's own.
    std::unique_ptr<MetaStore> store_;
    IndexPolicy policy_;
    RollupPolicy rollup_policy_;
    DesiredIndexesView published_;
    RollupKindsView published_rollups_;
    int64_t last_run_ns_ = 0;
    bool is_failing_ = false;

    std::unique_ptr<base::Thread> thread_;
};

}  // namespace evd::store
