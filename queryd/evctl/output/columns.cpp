#include "queryd/evctl/output/columns.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <string_view>

namespace evd::evctl {

std::optional<size_t> Columns::find(std::string_view name) const {
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<size_t> Columns::add(std::string_view name) {
    if (const auto found = find(name)) {
        return found;
    }
    if (names_.size() >= count_max_) {
        overflowed_ = true;
        return std::nullopt;
    }
    names_.emplace_back(name);
    by_name_.emplace(std::string(name), names_.size() - 1);
    return names_.size() - 1;
}

namespace {

constexpr std::array<std::string_view, 2> kLeading = {"timestamp", "event_type"};
constexpr std::array<std::string_view, 7> kTrailing = {
    "process_guid", "effective_token_guid", "true_token_guid", "origin_class", "cpu_id", "sequence",
    "boot_id"};

// A metric record's columns: the value last, however late a label came (Spec §8.4). Series differ
// in their labels, so a label may be seen after the first value. Nothing for other records.
std::vector<size_t> metricOrder(const std::vector<std::string>& names) {
    const bool is_metric = names.size() >= 3 && names[0] == "timestamp" && names[1] == "name";
    const auto value = std::find(names.begin(), names.end(), "value");
    if (!is_metric || value == names.end()) {
        return {};
    }
    const auto value_column = static_cast<size_t>(value - names.begin());
    std::vector<size_t> order;
    for (size_t column = 0; column < names.size(); ++column) {
        if (column != value_column) {
            order.push_back(column);
        }
    }
    order.push_back(value_column);
    return order;
}

}  // namespace

std::vector<size_t> displayOrder(const std::vector<std::string>& names) {
    if (auto metric = metricOrder(names); !metric.empty()) {
        return metric;
    }
    std::vector<size_t> order;
    std::vector<bool> placed(names.size(), false);
    const auto place = [&](std::string_view name) {
        const auto found = std::find(names.begin(), names.end(), name);
        if (found == names.end()) {
            return false;
        }
        order.push_back(static_cast<size_t>(found - names.begin()));
        placed[order.back()] = true;
        return true;
    };
    std::vector<size_t> as_named(names.size());
    std::iota(as_named.begin(), as_named.end(), size_t{0});
    if (!std::all_of(kLeading.begin(), kLeading.end(), place) ||
        !std::all_of(kTrailing.begin(), kTrailing.end(), place)) {
        return as_named;
    }
    const auto payload = std::remove_if(as_named.begin(), as_named.end(),
                                        [&](size_t column) { return placed[column]; });
    order.insert(order.begin() + kLeading.size(), as_named.begin(), payload);
    return order;
}

namespace {

// From the last to be given up to the first.
constexpr std::array<std::string_view, 8> kGivenUp = {
    "origin_class",         "cpu_id",          "sequence",     "job_id",
    "effective_token_guid", "true_token_guid", "process_guid", "boot_id"};
constexpr std::array<std::string_view, 4> kWholeLog = {"origin", "is_error", "message", "boot_id"};

}  // namespace

int hidingRank(const Columns& columns, size_t column, bool is_constant) {
    const auto has = [&](std::string_view name) { return columns.find(name).has_value(); };
    const bool is_whole_event = std::all_of(kTrailing.begin(), kTrailing.end(), has);
    const bool is_whole_log = std::all_of(kWholeLog.begin(), kWholeLog.end(), has);
    const std::string_view name = columns.names()[column];
    const auto found = std::find(kGivenUp.begin(), kGivenUp.end(), name);
    if ((is_whole_event || is_whole_log) && found != kGivenUp.end()) {
        return static_cast<int>(found - kGivenUp.begin()) + 2;
    }
    const bool is_leading = std::find(kLeading.begin(), kLeading.end(), name) != kLeading.end();
    return is_whole_event && is_constant && !is_leading ? 1 : 0;
}

}  // namespace evd::evctl
