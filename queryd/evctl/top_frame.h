#pragma once

#include "queryd/client/rpc_client_service.h"

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace evd::evctl {

inline constexpr size_t kTopHistoryMax = 60;  // pictures that the little curves reach back

// How often something came in the last moments.
struct NamedRate {
    std::string name;  // as it is in the store
    double per_second = 0;
};

// Everything one picture of `evctl top` shows.
struct TopState {
    int64_t now_ns = 0;
    std::optional<queryd::GroupStatus> status;  // nothing for who may not see it
    std::vector<NamedRate> types;               // the busiest first
    std::vector<NamedRate> origins;
    double events_per_second = 0;
    double lines_per_second = 0;
    std::deque<double> event_history;  // of events_per_second, the newest last
    std::deque<double> line_history;
};

struct TopStyle {
    size_t columns = 80;
    size_t rows = 0;  // 0: as many as there are
    bool unicode = true;
    bool color = false;
    bool utc = false;
};

// The picture: what comes in, by type and origin, then rings, stores and processes. No line is
// wider than the screen and there are not more than fit; what is cut is at the end. Pure but for
// the time zone.
std::string topFrame(const TopState& state, const TopStyle& style);

}  // namespace evd::evctl
