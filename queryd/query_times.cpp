#include "queryd/query_times.h"

#include "common/base/clock.h"
#include "common/base/text.h"

#include <algorithm>

namespace evd::queryd {

namespace {

// Of a text that may be no UTF-8 at all, as much as is shown.
std::string cutText(std::string_view text) {
    const size_t bytes = std::min(text.size(), kSlowTextBytesMax);
    return base::toUtf8(text.substr(0, base::wholeCharacters(text, bytes)));
}

}  // namespace

uint64_t QueryTimes::begin(std::string_view text, int64_t now_ns) {
    const std::lock_guard lock(mutex_);
    running_.emplace(++last_number_, Running{cutText(text), now_ns});
    return last_number_;
}

void QueryTimes::forget(uint64_t number) {
    const std::lock_guard lock(mutex_);
    running_.erase(number);
}

void QueryTimes::end(uint64_t number, int64_t now_ns) {
    const std::lock_guard lock(mutex_);
    auto node = running_.extract(number);
    if (node.empty()) {
        return;
    }
    std::erase_if(ended_, [&](const Ended& each) { return now_ns - each.ended_ns > kSlowKeptNs; });
    ended_.push_back({std::move(node.mapped().text), now_ns - node.mapped().begun_ns, now_ns});
    std::sort(ended_.begin(), ended_.end(),
              [](const Ended& a, const Ended& b) { return a.took_ns > b.took_ns; });
    ended_.resize(std::min(ended_.size(), kSlowestMax));
}

std::vector<SlowQuestion> QueryTimes::slowest(int64_t now_ns) const {
    const std::lock_guard lock(mutex_);
    std::vector<SlowQuestion> all;
    for (const auto& [number, running] : running_) {
        all.push_back({running.text, (now_ns - running.begun_ns) / base::kNsPerMs, true});
    }
    for (const Ended& ended : ended_) {
        if (now_ns - ended.ended_ns <= kSlowKeptNs) {
            all.push_back({ended.text, ended.took_ns / base::kNsPerMs, false});
        }
    }
    std::stable_sort(all.begin(), all.end(), [](const SlowQuestion& a, const SlowQuestion& b) {
        return a.took_ms > b.took_ms;
    });
    all.resize(std::min(all.size(), kSlowestMax));
    return all;
}

}  // namespace evd::queryd
