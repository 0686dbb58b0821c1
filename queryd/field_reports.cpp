#include "queryd/field_reports.h"

#include <limits>
#include <utility>

namespace evd::queryd {

void FieldReports::add(const std::vector<std::string>& fields) {
    const std::lock_guard lock(mutex_);
    for (const std::string& field : fields) {
        const auto known = counts_.find(field);
        if (known != counts_.end()) {
            known->second += known->second < std::numeric_limits<uint32_t>::max() ? 1 : 0;
        } else if (counts_.size() < kReportedFieldsMax && field.size() <= kReportedNameBytesMax) {
            counts_.emplace(field, 1);
        } else {
            ++dropped_;
        }
    }
}

std::vector<FieldReport> FieldReports::take(size_t fields_max) {
    std::vector<FieldReport> taken;
    const std::lock_guard lock(mutex_);
    while (!counts_.empty() && taken.size() < fields_max) {
        auto first = counts_.extract(counts_.begin());
        taken.push_back({std::move(first.key()), first.mapped()});
    }
    return taken;
}

void FieldReports::noteDropped(size_t fields) {
    const std::lock_guard lock(mutex_);
    dropped_ += fields;
}

uint64_t FieldReports::dropped() const {
    const std::lock_guard lock(mutex_);
    return dropped_;
}

}  // namespace evd::queryd
