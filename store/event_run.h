#pragma once

#include "common/base/interval_set.h"
#include "common/base/result.h"
#include "common/wire/record.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace evd::store {

inline constexpr uint32_t kSliceRowsMax = 1000;        // events and gap records of one slice
inline constexpr size_t kSliceBytesMax = 1024 * 1024;  // unless one event alone is larger
inline constexpr size_t kGapsPerRunMax = 65'536;

// One cpu's events in ring order, as the collector sent them and nobody has looked at yet: raw KMES
// bytes (common/kmes/event_header.h) with the gaps in front of and between them. Views into the
// sender's message, which outlives every copy of this.
struct EventRun {
    uint16_t cpu = 0;
    uint64_t first_sequence = 0;
    uint64_t last_sequence = 0;
    uint32_t event_count = 0;
    std::vector<wire::Gap> gaps;
    std::span<const uint8_t> events;
    uint8_t ring_fill_percent = 0;  // of the cpu's ring when this was read from it
};

// A part of a checked run that is written in one transaction: events and gaps that together cover
// `covered` without overlap. A gap lies in the slice of the event that revealed it.
struct RunSlice {
    base::Interval covered;
    uint32_t event_count = 0;
    std::vector<wire::Gap> gaps;
    std::span<const uint8_t> events;

    size_t rows() const { return event_count + gaps.size(); }
};

// Checks every header of a run and cuts it into slices.
//
// The bytes come from another process and are not trusted, whatever the schema says: each event
// must lie within the blob, be of the run's cpu, which must exist, and have a UTF-8 type; events
// and gaps must follow one another without hole or overlap from the first to the last sequence; the
// count must be right and nothing may be left over. Anything wrong is Invalid for the whole run. An
// empty run is wrong too. Reads each header once; pure, any thread.
base::Result<std::vector<RunSlice>> checkRun(const EventRun& run, uint16_t cpu_count);

// The parts of checked slices that lie in `wanted` (ascending, disjoint): what is left of a run
// when some of it is accounted for already.
std::vector<RunSlice> restrictSlices(const std::vector<RunSlice>& slices,
                                     const std::vector<base::Interval>& wanted);

}  // namespace evd::store
