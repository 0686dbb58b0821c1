#pragma once

#include "common/base/result.h"
#include "queryd/exec/record_scan.h"
#include "queryd/exec/shard_tasks.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace evd::queryd {

// A sample of the rows with which an answer by time begins, and how many of them are hits. Plain
// data.
struct HitDensity {
    uint64_t rows = 0;
    uint64_t hits = 0;
};

inline constexpr uint64_t kSampleRows = 2048;
// A row that is walked by time costs about as much as this many that are read as they lie.
inline constexpr uint64_t kWalkedRowShare = 4;

// Whether a walk by time that ends with the wanted number of hits is quicker than reading all rows
// to find and sort every hit, if hits are everywhere as dense as in the sample. Pure.
bool isWalkQuicker(const HitDensity& density, uint64_t hits_wanted, uint64_t rows_all);

// Takes the sample from one database.
//
// Spares an answer that wants some thousands of very many hits a pass over the whole store. What it
// says decides about the way of answering and never about the answer, so it need not be exact: of a
// database with fewer rows than a sample it says nothing, and it takes no longer than one slice.
class HitDensityTask final : public ShardTask, private RowConsumer {
  public:
    // The request is in the order of the answer, by time.
    HitDensityTask(const ScanRequest& request, DatabaseFile file)
        : ShardTask(std::move(file)), request_(request) {}

    base::Result<ScanEnd> slice(db::Connection& connection) override;
    base::Result<void> failure() const override { return {}; }
    std::string_view stepName() const override { return "sample"; }
    const HitDensity& density() const { return density_; }

  private:
    bool take(RecordRow& row) override;
    base::Result<std::optional<int64_t>> lastSampled(db::Connection& connection) const;

    ScanRequest request_;
    HitDensity density_;
};

}  // namespace evd::queryd
