#pragma once

#include "common/base/clock.h"
#include "common/base/result.h"
#include "common/db/sqlite.h"
#include "store/index_policy.h"
#include "store/rollup_policy.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace evd::store {

// eventd-meta.db in the event store directory: what is known about the use of fields, whatever the
// shards are (Spec §3.3, metadata database).
//
//   index_counters    field_path, query_count, window_start (ns)
//   desired_indexes   field_path, priority (from 1, 1 is the highest), is_expression
//   rollup_counters   function_window ("avg_3600"), query_count, window_start (ns)
//   desired_rollups   function_window, priority: the rollup registry (Spec §7.4)
//   meta              schema_version "1", created_at (ISO 8601), admin_sd (BLOB, self-relative
//                     descriptor, Ruling S11); ours: counted_until (ns), and per field named by
//                     INDEX manual_index.<path> (ns when it was asked for)
//
// WAL, synchronous=NORMAL: it is written once per policy interval and losing the last of it costs
// nothing but patience. One thread at a time, from then on the policy thread. A database that is
// damaged or of another version is put aside as eventd-meta.db.old, of which there is one, and made
// anew. Errors mean that nothing can be persisted now; whoever calls goes on in memory.
class MetaStore {
  public:
    struct Opened {
        std::unique_ptr<MetaStore> store;
        std::string trouble;  // why it was made anew, for a person; "" when it was not
    };
    static base::Result<Opened> open(const std::string& directory, const base::Clock& clock);
    MetaStore(const MetaStore&) = delete;
    MetaStore& operator=(const MetaStore&) = delete;

    // What the policies remember.
    struct State {
        IndexPolicy::State indexes;
        RollupPolicy::State rollups;
    };
    base::Result<State> load();
    // Replaces all of it, in one transaction.
    base::Result<void> save(const State& state);

  private:
    explicit MetaStore(std::unique_ptr<db::Connection> connection)
        : connection_(std::move(connection)) {}

    static base::Result<std::unique_ptr<MetaStore>> openExisting(const std::string& path);
    base::Result<void> loadIndexes(IndexPolicy::State& state);
    base::Result<void> loadRollups(RollupPolicy::State& state);
    base::Result<void> loadMeta(State& state);
    base::Result<void> saveRows(const State& state);
    base::Result<void> saveCounters(std::string_view table,
                                    const std::vector<CounterRecord>& counters);
    base::Result<void> saveDesired(const State& state);
    base::Result<void> saveNumber(const std::string& key, int64_t value);

    const std::unique_ptr<db::Connection> connection_;
};

// The descriptor of a new admin_sd: SYSTEM and Administrators have EVENTD_READ (Spec §3.3).
std::span<const uint8_t> defaultAdminDescriptor();

}  // namespace evd::store
