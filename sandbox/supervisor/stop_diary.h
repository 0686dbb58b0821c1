#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace evd::supervisor {

// How long each program took to end in an orderly stop, so that a stop that was slow, or was not
// waited for any longer, says whom it waited for. Pure; one thread.
class StopDiary {
  public:
    void begin(std::string_view program, int64_t now_ns);
    // False, and nothing is noted, for one that had not begun.
    bool end(std::string_view program, int64_t now_ns);
    // "eventd-queryd 12 ms, eventd-store 5400 ms and not done".
    std::string describe(int64_t now_ns) const;

  private:
    struct Step {
        std::string program;
        int64_t begin_ns;
        int64_t end_ns = 0;  // 0: not done
    };
    std::vector<Step> steps_;
};

}  // namespace evd::supervisor
