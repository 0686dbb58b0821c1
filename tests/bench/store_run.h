#pragma once

#include "common/wire/record.h"

#include <cstdint>
#include <string>
#include <vector>

namespace evd::bench {

inline constexpr uint32_t kStorePayloadBytes = 200;

struct StoreFigures {
    double rows_per_second = 0;
    uint64_t commits = 0;
    std::vector<wire::Measure> measures;
};

// Stores ready-made runs of 200-byte payloads, one cpu for each shard, through an EventStore in
// this process: checking, routing, receipts and answers included, rings and sockets left out.
StoreFigures runStore(const std::string& folder, uint64_t rows, uint64_t events_per_run,
                      uint16_t shards);

}  // namespace evd::bench
