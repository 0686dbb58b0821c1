#include "sandbox/supervisor/stop_diary.h"

#include "common/base/clock.h"
#include "common/base/text.h"

#include <algorithm>

namespace evd::supervisor {

void StopDiary::begin(std::string_view program, int64_t now_ns) {
    steps_.push_back({std::string(program), now_ns});
}

bool StopDiary::end(std::string_view program, int64_t now_ns) {
    const auto found = std::find_if(steps_.begin(), steps_.end(), [&](const Step& step) {
        return step.program == program && step.end_ns == 0;
    });
    if (found == steps_.end()) {
        return false;
    }
    found->end_ns = now_ns;
    return true;
}

std::string StopDiary::describe(int64_t now_ns) const {
    std::string text;
    for (const Step& step : steps_) {
        const int64_t until_ns = step.end_ns == 0 ? now_ns : step.end_ns;
        text += base::cat(text.empty() ? "" : ", ", step.program, " ",
                          (until_ns - step.begin_ns) / base::kNsPerMs, " ms",
                          step.end_ns == 0 ? " and not done" : "");
    }
    return text;
}

}  // namespace evd::supervisor
