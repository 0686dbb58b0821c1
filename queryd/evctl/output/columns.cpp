#include "queryd/evctl/output/columns.h"

namespace evd::evctl {

std::optional<size_t> Columns::find(std::string_view name) const {
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<size_t> Columns::add(std::string_view name) {
    if (const auto found = find(name)) {
        return found;
    }
    if (names_.size() >= kColumnsMax) {
        overflowed_ = true;
        return std::nullopt;
    }
    names_.emplace_back(name);
    by_name_.emplace(std::string(name), names_.size() - 1);
    return names_.size() - 1;
}

}  // namespace evd::evctl
