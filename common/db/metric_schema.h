#pragma once

#include "common/base/result.h"
#include "common/db/sqlite.h"
#include "common/wire/metric_window.h"

#include <cstdint>
#include <string_view>

namespace evd::db {

// The schema of the metric store that the store writes and queryd reads (Spec §7.1, §7.4,
// contracts §6).
//
//   series    id INTEGER PRIMARY KEY, name, labels (canonical, wire/metric_labels.h), type
//             (wire::MetricType), label_hash, boundaries_hash (FNV-1a, 64 bits, as SQLite's signed
//             integers; NULL but for histograms); unique over name, labels, boundaries_hash;
//             indexes idx_series_name and idx_series_label_hash
//   samples   series_id, timestamp, value, histogram_data (msgpack, wire/histogram.h; NULL but for
//             histograms); index idx_samples_series_timestamp
//   rollups   id INTEGER PRIMARY KEY, series_id, function (RollupFunction), window_seconds,
//             window_start, value, sample_count; unique over the four that name a window
//   metadata  key, value: schema_version, created_at, and ingest_batch as in the log store
//   <table>_readable  views of the same for people
inline constexpr std::string_view kMetricSchemaVersion = "1";
// Of new databases. A transaction changes one page of the index by series for nearly every sample,
// and what is written is whole pages: measured with 1,000 series and 5,000 samples a transaction,
// bare SQLite stores 150,000 samples/s in pages of 16 KiB, 215,000 in 4 KiB, 310,000 in 2 KiB and
// no more in 1 KiB.
inline constexpr uint32_t kMetricPageBytes = 2048;

// The identifiers of Spec §7.4, as they are stored.
using wire::RollupFunction;
inline constexpr int kRollupFunctionCount = 6;

// As for event shards (schema.h).
base::Result<void> createMetricSchema(Connection& connection, int64_t created_wall_ns);
base::Result<void> verifyMetricSchema(Connection& connection);
base::Result<void> completeMetricSchema(Connection& connection);

}  // namespace evd::db
