#pragma once

#include "common/base/result.h"
#include "common/db/sqlite.h"
#include "store/build_schedule.h"
#include "store/index_field.h"
#include "store/shedding.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace evd::store {

inline constexpr size_t kCacheKibPerIndex = 1024;  // of the writer, above kWriterCacheKib
inline constexpr int kBuildProgressSteps = 1000;   // between two looks at the queue (Spec §3.3)

// The secondary indexes of one shard: which are there, which should be, and the steps between.
//
// Belongs to a ShardWriter, whose thread alone makes and drops them. What is wanted, the settings
// and the fill of the rings come from the loop and are only noted here; Figures are for anyone.
// Judgement is elsewhere: nextIndexStep (what), BuildSchedule (when), Shedding (what must go). A
// build that is interrupted or fails leaves nothing behind and is tried again; that is no error.
// Where an error is returned that is Corrupt, the database must be put aside.
class ShardIndexes {
  public:
    struct Figures {
        uint64_t wanted = 0;
        uint64_t present = 0;
        uint64_t building = 0;  // 1 while one is
        uint64_t shed = 0;      // given up under pressure and not yet back
    };

    ShardIndexes(uint16_t shard, Shedding::Settings settings)
        : shard_(shard), settings_(settings), shedding_(settings) {}
    ShardIndexes(const ShardIndexes&) = delete;
    ShardIndexes& operator=(const ShardIndexes&) = delete;

    // Any thread. Nothing wanted yet means that nothing is touched (Spec §3.3, startup).
    void want(DesiredIndexesView desired);
    void setSettings(Shedding::Settings settings);
    void noteRingFill(uint32_t percent);
    Figures figures() const;

    // The writer's thread, outside of transactions.
    //
    // A database was opened: finds out what it has.
    base::Result<void> discover(db::Connection& connection);
    // After each commit: sheds what pressure asks for.
    base::Result<void> committed(db::Connection& connection, int64_t now_ns, const BatchLoad& load);
    // How long until tend() has something to do; nothing when all is as it should be.
    std::optional<int64_t> waitNs(int64_t now_ns);
    // Whether the next step goes on while records wait, unless they press (BuildSchedule).
    bool isOverdue(int64_t now_ns) const { return schedule_.isOverdue(now_ns); }
    // One step towards what is wanted, if it is time. `should_stop` is asked all the while and ends
    // a build that is under way; `now` is asked after it.
    base::Result<void> tend(db::Connection& connection, const std::function<int64_t()>& now,
                            const std::function<bool()>& should_stop);

  private:
    using Names = std::set<std::string, std::less<>>;

    void adopt();
    bool build(db::Connection& connection, const std::function<bool()>& should_stop,
               base::Result<void>& outcome, const IndexField& field);
    static base::Result<void> buildWithRoom(db::Connection& connection,
                                            const std::function<bool()>& should_stop,
                                            const std::string& sql);
    base::Result<void> drop(db::Connection& connection, const std::vector<std::string>& names);
    base::Result<void> shed(db::Connection& connection, const std::vector<std::string>& names);
    void fitCache(db::Connection& connection) const;
    std::vector<std::string> lowestIndex() const;
    std::vector<std::string> allIndexes() const;
    base::Result<void> tell(base::Result<void> outcome, const std::string& what);
    void publish();

    const uint16_t shard_;

    mutable std::mutex mutex_;  // between the writer and the others
    DesiredIndexesView desired_given_;
    Shedding::Settings settings_;
    Figures figures_;
    std::atomic<uint32_t> ring_fill_percent_{0};  // the most since the last commit

    // The writer's own.
    DesiredIndexesView desired_;
    std::vector<MaterialIndex> material_;
    Names shed_;  // keys of names
    Shedding shedding_;
    BuildSchedule schedule_;
    std::string last_failure_;
};

}  // namespace evd::store
