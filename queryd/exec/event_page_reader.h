#pragma once

#include "common/base/result.h"
#include "queryd/exec/connection_cache.h"
#include "queryd/exec/event_question.h"
#include "queryd/exec/run_control.h"
#include "queryd/exec/sight.h"

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace evd::queryd {

// How many rows of one database a page looks at, wanted or not; a filter must not make it endless.
inline constexpr uint64_t kRowsLookedAtMax = 100'000;
// How often a page is read again because databases were renamed meanwhile.
inline constexpr int kPageAttemptsMax = 5;

// A page of events in the order of their ids, out of all databases. Keeps its memory from one page
// to the next.
struct EventPage {
    struct Entry {
        int64_t id = 0;
        size_t begin = 0;
        size_t end = 0;
        uint64_t sequence = 0;
    };
    std::vector<Entry> entries;
    std::vector<uint8_t> bytes;  // wire::StoredEvent, one after the other, in any order
    EventPageEnd end;

    std::span<const uint8_t> bytesOf(const Entry& entry) const {
        return std::span(bytes).subspan(entry.begin, entry.end - entry.begin);
    }
};

// Reads the event store by the ids of the global sequence: every database, active, historical or
// put aside, merged into one order.
//
// What the caller may not see is passed over: a page may hold nothing and lead on all the same.
// Otherwise a page leaves nothing out: a database that may only be busy fails the page (Busy), and
// when databases were renamed or made while it was read it is read again, because a file may have
// been missed between its old name and its new one. Only what is damaged is left out, from the
// damage on, and of a database that was put aside what the disk refuses to read. Databases that can
// have nothing more are remembered, so that a thousand historical ones cost nothing. Memory is
// about kEventPageBytesMax, and one row per database. One thread; the connections may be shared.
class EventPageReader {
  public:
    EventPageReader(std::string event_folder, ConnectionCache& connections)
        : event_folder_(std::move(event_folder)), connections_(connections) {}

    struct Request {
        int64_t after_id = 0;
        int64_t stable_id = 0;
        uint64_t events_max = kEventsPerPageMax;
        const CpuFilter* cpu = nullptr;
        const Sight* sight = nullptr;  // none: everything may be seen
    };
    // after_id must never get smaller from one call to the next.
    base::Result<void> read(const Request& request, const RunControl& control, EventPage& page);

  private:
    struct Share {
        uint64_t events_max;
        uint64_t bytes_max;
    };

    base::Result<std::vector<DatabaseFile>> sourcesWithMore(const Request& request,
                                                            const std::vector<DatabaseFile>& files,
                                                            const RunControl& control);
    base::Result<void> readAll(const std::vector<DatabaseFile>& sources, const Request& request,
                               const RunControl& control, EventPage& page);
    base::Result<void> readSource(db::Connection& connection, const Request& request,
                                  const Share& share, EventPage& page);
    void close(const Request& request, EventPage& page);

    const std::string event_folder_;
    ConnectionCache& connections_;
    // Have nothing more and do not grow, by path: under another name a file may be a shard again,
    // and the inode of one that was deleted may be that of a new file.
    std::map<std::string, DatabaseFile> finished_;

    // Of the page at hand.
    int64_t cutoff_ = 0;  // ids above it have not all been seen
    int64_t greatest_seen_ = 0;
};

}  // namespace evd::queryd
