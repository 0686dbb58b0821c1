#pragma once

#include "common/base/clock.h"

#include <cstdint>
#include <optional>

namespace evd::store {

// Decides when a database whose pages the system refuses to read counts as damaged (Ruling S6).
//
// A failed read may be a cable or a controller that is back in a moment, or a bad sector that
// stays. Nobody can tell at the first one, so the database is given up only when nothing could be
// stored for kPatienceNs and kFailuresMin attempts. Pure; one per database, on its writer's thread.
class FailedReads {
  public:
    static constexpr int64_t kPatienceNs = 5 * base::kNsPerSecond;
    static constexpr int kFailuresMin = 3;

    // A transaction failed for it; whether the database is to be given up.
    bool failed(int64_t now_ns);
    // One succeeded, or another database has taken the place.
    void forget();

  private:
    std::optional<int64_t> since_ns_;
    int failures_ = 0;
};

}  // namespace evd::store
