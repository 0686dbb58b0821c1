#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace evd::test {

// What an independent reader finds in all stores of a group that has ended, beyond what
// checkExactlyOnce says about events: whether each file is sound, and whether files and tables
// agree with one another.
struct StoreBooks {
    // By property: how often it was looked at.
    std::map<std::string, uint64_t> checked;
    // One sentence per property that does not hold.
    std::vector<std::string> violations;
    uint64_t databases = 0;
    uint64_t rows = 0;  // events, log lines and samples
};

// Reads every database below a state folder as `eventd --state` lays it out: event shards, log and
// metric store and what was put aside of them, and eventd-meta.db. Plain SQL over SQLite's own file
// access; it shares nothing with the product but the published schemas.
//
// Of every file: PRAGMA integrity_check, which compares each index with its table entry by entry,
// and foreign_key_check. Of events: ids unique over all shards, catalogue and table name the same
// types, receipts of different shards do not overlap. Of logs: catalogue and table name the same
// origins. Of metrics: no series twice.
StoreBooks checkStoreBooks(const std::string& state_folder);

}  // namespace evd::test
