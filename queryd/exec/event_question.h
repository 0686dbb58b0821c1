#pragma once

#include "common/base/guid.h"

#include <cstdint>
#include <memory>
#include <optional>

namespace evd::queryd {

inline constexpr uint64_t kEventsPerPageMax = 4096;
inline constexpr uint64_t kEventPageBytesMax = 1024 * 1024;  // one event alone may be more

// Where a page of events ends. Plain data.
struct EventPageEnd {
    // Where the next page begins: the greatest id that was looked at, always of an event that is
    // there, so that it stays right when void ids are given out again. The asked one when there was
    // nothing.
    int64_t next_id = 0;
    int64_t stable_id = 0;
    bool is_complete = false;  // there is no more up to the stable id
    // With a cpu: the greatest sequence number up to next_id.
    uint64_t next_sequence = 0;
};

// One cpu's events of one boot above a sequence number.
struct CpuFilter {
    uint16_t cpu = 0;
    base::Guid boot;
    uint64_t after_sequence = 0;
};

// What is asked of the event store by its global sequence (docs/rpc.md): one page, or everything
// from a cursor on. Plain data.
struct EventQuestion {
    enum class Kind { Page, Follow };
    Kind kind = Kind::Page;
    int64_t after_id = 0;
    uint64_t events_max = kEventsPerPageMax;  // Page
    std::optional<CpuFilter> cpu;             // Page
    // Page: where it ended, to be read when the answer is finished. Shared, because the asker may
    // be gone before.
    std::shared_ptr<EventPageEnd> end;
};

}  // namespace evd::queryd
