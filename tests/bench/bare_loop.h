#pragma once

#include <cstdint>
#include <string>

namespace evd::bench {

struct BareLoopFigures {
    double rows_per_second = 0;
    double bytes_per_row = 0;
};

// The limit that ingest is held against: one thread that binds and inserts rows of the shape of the
// events table with nothing around it - same columns, index, payload size, pragmas (WAL,
// synchronous=FULL) and rows a transaction, on the same disk. The database is made at `path` and
// left there for its owner's folder to remove.
BareLoopFigures runBareLoop(const std::string& path, uint64_t rows, uint32_t rows_per_transaction,
                            uint32_t payload_bytes);

}  // namespace evd::bench
