#pragma once

#include <cstdint>
#include <deque>

namespace evd::supervisor {

inline constexpr int kDeathsMax = 10;  // within kDeathWindowNs end the group (contracts §2)
inline constexpr int64_t kDeathWindowNs = 60'000'000'000;
inline constexpr int64_t kFirstDelayNs = 20'000'000;
inline constexpr int64_t kDelayNsMax = 1'000'000'000;

struct RestartDecision {
    bool give_up = false;
    int64_t delay_ns = 0;
};

// When to start a program again that died.
//
// The first death in a while is answered at once, so that everything serves again within two
// seconds; each further one within kDeathWindowNs doubles the pause, up to kDelayNsMax. The tenth
// within the window is one too many. Pure: time comes as an argument and must not run backwards.
class RestartPolicy {
  public:
    RestartDecision onDeath(int64_t now_ns);

  private:
    std::deque<int64_t> deaths_;  // those within the window, oldest first
};

}  // namespace evd::supervisor
