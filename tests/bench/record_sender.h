#pragma once

#include "common/wire/record_datagram.h"
#include "tests/bench/group_under_test.h"

#include <cstdint>
#include <functional>
#include <string>

namespace evd::bench {

// What the measurements of logs and metrics share: a sender that blocks as an ordinary one does and
// waits at the end until what it sent is committed.

struct Sent {
    uint64_t records = 0;
    uint64_t stored = 0;
    double seconds = 0;
    double worst_send_ms = 0;

    double perSecond() const { return static_cast<double>(stored) / seconds; }
    double lostPercent() const {
        const auto lost = static_cast<double>(records - std::min(stored, records));
        return records == 0 ? 0 : lost * 100 / static_cast<double>(records);
    }
};

// Adds one more record to the datagram, the one of that number.
using AddRecord = std::function<void(wire::RecordDatagram&, uint64_t number)>;

struct Offer {
    double per_second = 0;  // 0: as fast as it goes
    uint32_t batch = 1;     // records in a datagram
};

// Sends for EVENTD_BENCH_SECONDS, else 15 s, to a socket of a running group.
Sent sendRecords(const std::string& socket, StoredRows& rows, const Offer& offer,
                 const AddRecord& add);

// Sends so many records, never further ahead of the store than it can hold, so that each is stored;
// until the last one is committed.
Sent sendAll(const std::string& socket, StoredRows& rows, uint64_t records, uint32_t batch,
             const AddRecord& add);

// Of a database that nobody has open any more.
double bytesPerRow(const std::string& path, uint64_t rows);

}  // namespace evd::bench
