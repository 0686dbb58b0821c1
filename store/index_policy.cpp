#include "store/index_policy.h"

#include "common/base/text.h"

#include <algorithm>
#include <set>
#include <tuple>

namespace evd::store {

IndexPolicy::IndexPolicy(Settings settings)
    : settings_(settings.withHysteresis()), counters_(settings.window_ns) {}

void IndexPolicy::restore(const State& state, int64_t now_ns) {
    std::vector<CounterRecord> valid = state.counters;
    std::erase_if(valid, [](const CounterRecord& record) { return !indexField(record.key).ok(); });
    valid.resize(std::min(valid.size(), kCountedFieldsMax));
    counters_.restore(valid, state.counted_until_ns, now_ns);
    for (const ManualIndex& manual : state.manual) {
        if (manual_.size() < kManualIndexesMax && indexField(manual.path).ok()) {
            manual_.push_back({manual.path, std::min(manual.asked_ns, now_ns)});
        }
    }
    for (const IndexField& field : state.desired) {
        auto checked = indexField(field.path);
        if (checked && desired_.size() < kDesiredIndexesMax) {
            desired_.push_back(std::move(checked).value());
        }
    }
}

IndexPolicy::State IndexPolicy::state(int64_t now_ns) const {
    return {counters_.save(now_ns), now_ns, desired_, manual_};
}

void IndexPolicy::configure(Settings settings, int64_t now_ns) {
    settings_ = settings.withHysteresis();
    counters_.setWindow(settings_.window_ns, now_ns);
}

void IndexPolicy::count(const IndexField& field, uint64_t queries, int64_t now_ns) {
    counters_.add(field.path, queries, now_ns);
}

base::Result<void> IndexPolicy::askFor(const IndexField& field, int64_t now_ns) {
    forgetOldManuals(now_ns);
    const auto known = std::find_if(manual_.begin(), manual_.end(),
                                    [&](const auto& manual) { return manual.path == field.path; });
    if (known != manual_.end()) {
        known->asked_ns = now_ns;
        return {};
    }
    if (manual_.size() >= kManualIndexesMax) {
        return base::fail(base::ErrorKind::Busy,
                          base::cat("INDEX was used for ", kManualIndexesMax,
                                    " fields lately, which is the most; the oldest of them makes "
                                    "room by itself"));
    }
    manual_.push_back({field.path, now_ns});
    return {};
}

void IndexPolicy::forgetOldManuals(int64_t now_ns) {
    std::erase_if(manual_, [&](const ManualIndex& manual) {
        return now_ns - manual.asked_ns >= settings_.window_ns;
    });
}

std::vector<IndexPolicy::Candidate> IndexPolicy::candidates(int64_t now_ns) const {
    std::set<std::string> paths;
    std::vector<Candidate> all;
    const auto add = [&](const std::string& path, int64_t asked_ns) {
        auto field = indexField(path);
        if (field && paths.insert(path).second) {
            all.push_back({std::move(field).value(), asked_ns, counters_.count(path, now_ns)});
        }
    };
    for (const ManualIndex& manual : manual_) {
        add(manual.path, std::max<int64_t>(manual.asked_ns, 1));
    }
    for (const std::string& key : counters_.keys()) {
        add(key, 0);
    }
    return all;
}

const DesiredIndexes& IndexPolicy::recompute(int64_t now_ns) {
    forgetOldManuals(now_ns);
    counters_.prune(now_ns);
    std::vector<Candidate> wanted = candidates(now_ns);
    std::erase_if(wanted, [&](const Candidate& candidate) {
        const bool is_in =
            std::find(desired_.begin(), desired_.end(), candidate.field) != desired_.end();
        const uint64_t needed = settings_.needed(is_in);
        return candidate.asked_ns == 0 && candidate.count < needed;
    });
    std::sort(wanted.begin(), wanted.end(), [](const Candidate& left, const Candidate& right) {
        return std::tie(right.asked_ns, right.count, left.field.path) <
               std::tie(left.asked_ns, left.count, right.field.path);
    });
    std::set<std::string> names;
    desired_.clear();
    for (Candidate& candidate : wanted) {
        if (desired_.size() < kDesiredIndexesMax &&
            names.insert(indexNameKey(candidate.field)).second) {
            desired_.push_back(std::move(candidate.field));
        }
    }
    return desired_;
}

}  // namespace evd::store
