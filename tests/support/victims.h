#pragma once

#include "common/base/clock.h"
#include "tests/support/group.h"

#include <sys/types.h>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace evd::test {

// Chooses whom something befalls next. Ten deaths of one program within a minute end the group by
// design, so a program that has died often lately is spared.
class Victims {
  public:
    explicit Victims(std::mt19937_64& random) : random_(random) {}

    // A child's name and pid; -1 when nobody can be killed just now.
    std::pair<std::string, pid_t> pick(const Group& group) {
        const int64_t now = clock_.monotonicNs();
        std::vector<std::pair<std::string, pid_t>> candidates;
        for (const auto& child : group.children()) {
            auto& deaths = deaths_[child.first];
            std::erase_if(deaths, [&](int64_t at) { return now - at > kWindowNs; });
            if (deaths.size() < kDeathsMax) {
                candidates.push_back(child);
            }
        }
        if (candidates.empty()) {
            return {"", -1};
        }
        auto chosen = candidates[random_() % candidates.size()];
        deaths_[chosen.first].push_back(now);
        return chosen;
    }

  private:
    static constexpr int64_t kWindowNs = 65 * base::kNsPerSecond;
    static constexpr size_t kDeathsMax = 8;

    std::mt19937_64& random_;
    base::SystemClock clock_;
    std::map<std::string, std::vector<int64_t>> deaths_;
};

}  // namespace evd::test
