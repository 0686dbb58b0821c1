#pragma once

#include "common/base/interval_set.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace evd::store {

// Above this many rows per cpu a shard joins its older receipts (see planReceipts).
inline constexpr size_t kReceiptRowsMax = 1024;

// How the receipts of one (boot, cpu) in one shard change with a transaction.
struct ReceiptPlan {
    std::vector<uint64_t> remove;       // rows by their first sequence
    std::vector<base::Interval> write;  // rows to insert or replace
    base::IntervalSet after;            // what the table says once the transaction is committed
};

// Receipts say which sequence numbers a shard accounts for: events stored and gaps recorded (Ruling
// S2, docs/decisions/0001). They are kept merged, so in the common case of one cpu per shard a
// transaction changes one row.
//
// With several shards per cpu each shard holds every n-th run only and its rows would grow without
// end. Above kReceiptRowsMax they are joined across numbers that other shards have committed:
// `elsewhere` is a range all of which was durable somewhere before this transaction began. Pure.
ReceiptPlan planReceipts(const base::IntervalSet& before, const base::IntervalSet& added,
                         std::optional<base::Interval> elsewhere);

// Adds all of the first to the second.
void addReceipts(const std::map<uint16_t, base::IntervalSet>& receipts,
                 std::map<uint16_t, base::IntervalSet>& sum);

}  // namespace evd::store
