#pragma once

#include "common/base/guid.h"
#include "common/base/interval_set.h"
#include "common/base/result.h"
#include "common/db/sqlite.h"
#include "common/wire/record.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace evd::store {

// Where ids go on when a database could not be asked for its greatest one, so that no id is ever
// given out twice: that far behind what the others say, and no less than if so many ids had been
// given out in every second since 1970. The second alone would do with a clock that is right, the
// first alone where anything can be read. Ids stay below 2^53 until the year 2106.
inline constexpr int64_t kUnreadableIdSkip = int64_t{1} << 32;
inline constexpr int64_t kIdsPerSecondMax = int64_t{1} << 21;

inline constexpr std::string_view kLastIdKey = "last_id";  // in metadata

// The greatest id that a database ever held, as far as retention, a start, a shutdown or a writer
// that settles a doubt wrote it down; 0 otherwise. Ids go on behind it.
base::Result<int64_t> readLastIdEver(db::Connection& connection);

// Adds what a database accounts for in that boot, by cpu. Corrupt when it says what cannot be; what
// was read before that has been added.
base::Result<void> readReceipts(db::Connection& connection, const base::Guid& boot_id,
                                std::map<uint16_t, base::IntervalSet>& accounted);

// What the databases of the event store say before anything is written (Spec §3.5, boot boundary).
struct StoreSurvey {
    // By cpu: what all databases together account for in this boot (Ruling S2).
    std::map<uint16_t, base::IntervalSet> accounted;
    int64_t last_id = 0;
    // Of the most recently stored event; nothing in an empty store.
    std::optional<base::Guid> last_boot;
    // Databases that could not be read, each with its reason. They do not keep the store from
    // starting.
    std::vector<std::string> unreadable;
    // Some of these may be readable in a moment: an I/O error, a read that failed, a lock.
    bool is_undecided = false;

    std::vector<wire::ResumePoint> resumePoints() const;
};

// Reads every database of the directory, active, historical and quarantined ones, read-only. The
// time is the wall clock's. Fails only when the directory itself cannot be listed.
base::Result<StoreSurvey> surveyStores(const std::string& directory, const base::Guid& boot_id,
                                       int64_t wall_ns);

}  // namespace evd::store
