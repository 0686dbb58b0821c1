#include "queryd/exec/visible_record.h"

#include "common/base/text.h"

#include <algorithm>

namespace evd::queryd {

VisibleRecord::VisibleRecord(const Sight& sight, const RecordTable& table)
    : table_(table), judge_(sight) {}

void VisibleRecord::judge(std::string_view name, std::span<const uint8_t> payload) {
    payload_.clear();
    names_.clear();
    for (const TableColumn& column : table_.columns) {
        names_.push_back(column.name);
    }
    if (table_.has_payload) {
        payload_ = wire::listFields(payload);
        // What no record shows is no field of it (Ruling Q9): it must not open one either.
        std::erase_if(payload_, [this](const wire::PayloadField& field) {
            return findColumn(table_, field.name) != nullptr || !base::isUtf8(field.name);
        });
        for (const wire::PayloadField& field : payload_) {
            names_.push_back(field.name);
        }
    }
    verdict_ = &judge_.of(name, names_);
    is_visible_ = verdict_->recordVisible();
}

bool VisibleRecord::shows(const TableColumn& column) const {
    return sight_ == NameSight::Part ? verdict_->shows(column.index) : is_visible_;
}

bool VisibleRecord::shows(std::string_view field) const {
    if (sight_ != NameSight::Part) {
        return is_visible_;
    }
    const auto found =
        std::ranges::find_if(payload_, [&](const auto& one) { return one.name == field; });
    const auto place = static_cast<size_t>(found - payload_.begin());
    return found != payload_.end() && verdict_->shows(table_.columns.size() + place);
}

std::vector<wire::PayloadField> VisibleRecord::shownFields(std::span<const uint8_t> payload) const {
    if (sight_ != NameSight::Part) {
        return is_visible_ ? wire::listFields(payload) : std::vector<wire::PayloadField>();
    }
    std::vector<wire::PayloadField> shown;
    for (size_t i = 0; i < payload_.size(); ++i) {
        if (verdict_->shows(table_.columns.size() + i)) {
            shown.push_back(payload_[i]);
        }
    }
    return shown;
}

}  // namespace evd::queryd
