#pragma once

#include "tests/bench/figures.h"
#include "tests/support/emitter.h"
#include "tests/support/group.h"

#include <sqlite3.h>
#include <cstdint>
#include <string>
#include <vector>

namespace evd::bench {

// What the measurements of the whole group share: a quiet group, a producer that keeps its pace,
// and a look from outside at what is committed.

inline constexpr const char* kEventType = "bench.event";
inline constexpr uint32_t kPayloadBytes = 200;
// What the test payload has around its padding: map, two keys, a nine-byte number, a bin header.
inline constexpr uint32_t kPayloadFrameBytes = 18;

// How long the long parts last: EVENTD_BENCH_SECONDS, else what is given.
double benchSeconds(double otherwise);
int64_t nowNs();
std::vector<int> groupPids(const test::Group& group);

// One ring, one shard, no sensors.
test::GroupOptions quietOptions();

// The greatest id that is committed, through a read-only connection of its own.
class StoredRows {
  public:
    explicit StoredRows(const std::string& path, const std::string& table = "events");
    ~StoredRows();
    StoredRows(const StoredRows&) = delete;
    StoredRows& operator=(const StoredRows&) = delete;

    uint64_t count();

  private:
    sqlite3* db_ = nullptr;
    sqlite3_stmt* query_ = nullptr;
};

struct IngestRun {
    double events_per_second = 0;
    uint64_t emitted = 0;
};

struct Feed {
    double seconds = 0;
    double per_second = 0;  // 0: no pace of its own; then never further ahead than half a ring
    uint64_t events_max = UINT64_MAX;
    uint32_t payload_bytes = kPayloadBytes;
};

// Emits until the time is over or the events are, then waits until everything is stored.
IngestRun feed(const test::StateFolder& state, const Feed& feed);

// Waits for an index that the store makes, of that name behind idx_events_; false when that takes
// too long.
bool waitForIndex(const std::string& path, const std::string& name);

// Each makes groups of its own and adds its figures.
using Figures = std::vector<Figure>;
void benchIngest(Figures& figures);
void benchTail(Figures& figures);
void benchBurst(Figures& figures);
void benchIndexes(Figures& figures);
void benchShards(Figures& figures);
void benchLog(Figures& figures);
void benchMetric(Figures& figures);
void benchMemory(Figures& figures);
void benchPeers(Figures& figures);
void benchAudit(Figures& figures);
void benchNats(Figures& figures);
void benchTogether(Figures& figures);
void benchLatency(Figures& figures);
void benchIdle(Figures& figures);

}  // namespace evd::bench
