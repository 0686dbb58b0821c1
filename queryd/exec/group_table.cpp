#include "queryd/exec/group_table.h"

#include "common/base/text.h"
#include "common/wire/metric_window.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace evd::queryd {

namespace {

constexpr size_t kRecentTextBytesMax = 256;  // a longer one is not remembered

constexpr uint64_t kGoldenRatio = 0x9E3779B97F4A7C15;  // spreads over the upper bits

}  // namespace

GroupTable::GroupTable(const PlanAggregation& aggregation, MemoryBudget& budget)
    : aggregation_(aggregation), memory_(budget) {}

base::Result<void> GroupTable::add(int64_t timestamp, std::span<const Value> groups,
                                   const Value& argument) {
    const int64_t bucket =
        aggregation_.bucket_ns == 0 ? 0 : wire::windowStart(timestamp, aggregation_.bucket_ns);
    auto group = groupOf(bucket, groups);
    if (!group) {
        return group.error();
    }
    ++group.value()->count;
    switch (aggregation_.function) {
        case GroupFunction::Count:
            break;
        case GroupFunction::Sum:
        case GroupFunction::Avg:
            group.value()->numbers.add(argument);
            break;
        case GroupFunction::Min:
        case GroupFunction::Max:
            noteExtreme(*group.value(), argument);
            break;
    }
    return {};
}

base::Result<void> GroupTable::addCount(std::span<const Value> groups, uint64_t count) {
    auto group = groupOf(0, groups);
    if (!group) {
        return group.error();
    }
    group.value()->count += count;
    return {};
}

base::Result<void> GroupTable::merge(const GroupTable& other) {
    std::vector<Value> values;
    for (const auto& [key, theirs] : other.groups_) {
        values.clear();
        for (const HeldValue& value : theirs.values) {
            values.push_back(value.view());
        }
        auto group = groupOf(theirs.bucket, values);
        if (!group) {
            return group.error();
        }
        Group& ours = *group.value();
        ours.count += theirs.count;
        ours.numbers.merge(theirs.numbers);
        if (theirs.has_extreme) {
            noteExtreme(ours, theirs.extreme.view());
        }
    }
    return {};
}

base::Result<GroupTable::Group*> GroupTable::groupOf(int64_t bucket,
                                                     std::span<const Value> values) {
    if (Group* recent = recentGroup(bucket, values)) {
        return recent;
    }
    Recent* slot = recent_slot_;
    key_.clear();
    appendGroupKey(Value::ofInt(bucket), key_);
    for (const Value& value : values) {
        appendGroupKey(value, key_);
    }
    const auto found = groups_.find(std::string_view(key_));
    auto group =
        found == groups_.end() ? newGroup(bucket, values) : base::Result<Group*>(&found->second);
    if (!group) {
        return group;
    }
    if (found != groups_.end()) {
        keepSmallest(*group.value(), values);
    }
    if (slot != nullptr) {
        *slot = {std::string(values.front().bytes), bucket, group.value()};
    }
    return group;
}

// The group, when the same bytes have been there lately; then they are no smaller member of it.
GroupTable::Group* GroupTable::recentGroup(int64_t bucket, std::span<const Value> values) {
    recent_slot_ = nullptr;
    if (values.size() != 1 || values.front().kind != Value::Kind::Text ||
        values.front().bytes.size() > kRecentTextBytesMax) {
        return nullptr;
    }
    const std::string_view text = values.front().bytes;
    recent_.resize(size_t{1} << kRecentTextBits);
    // Names that belong together differ at their ends.
    uint64_t end = text.size();
    const size_t end_bytes = std::min(text.size(), sizeof(end));
    std::memcpy(&end, text.data() + text.size() - end_bytes, end_bytes);
    recent_slot_ = &recent_[(end * kGoldenRatio) >> (64 - kRecentTextBits)];
    const bool is_same = recent_slot_->group != nullptr && recent_slot_->bucket == bucket &&
                         recent_slot_->text == text;
    return is_same ? recent_slot_->group : nullptr;
}

base::Result<GroupTable::Group*> GroupTable::newGroup(int64_t bucket,
                                                      std::span<const Value> values) {
    Group group;
    group.bucket = bucket;
    size_t bytes = sizeof(Group) + 2 * sizeof(std::string) + key_.size();
    for (const Value& value : values) {
        group.values.emplace_back(value);
        bytes += group.values.back().heldBytes();
    }
    EVD_TRY(memory_.grow(bytes));
    return &groups_.emplace(key_, std::move(group)).first->second;
}

void GroupTable::keepSmallest(Group& group, std::span<const Value> values) {
    for (size_t i = 0; i < values.size(); ++i) {
        if (compareMembers(values[i], group.values[i].view()) < 0) {
            group.values[i] = HeldValue(values[i]);
        }
    }
}

void GroupTable::noteExtreme(Group& group, const Value& value) {
    if (!value.isNumber()) {
        return;
    }
    const int order = group.has_extreme ? compareMembers(value, group.extreme.view()) : 0;
    const bool is_min = aggregation_.function == GroupFunction::Min;
    if (!group.has_extreme || (is_min ? order < 0 : order > 0)) {
        group.extreme = HeldValue(value);
        group.has_extreme = true;
    }
}

base::Result<HeldValue> GroupTable::aggregateOf(const Group& group) const {
    Value value;
    switch (aggregation_.function) {
        case GroupFunction::Count:
            return HeldValue(Value::ofUint(group.count));
        case GroupFunction::Sum:
            value = group.numbers.sum();
            break;
        case GroupFunction::Avg:
            value = group.numbers.mean();
            break;
        case GroupFunction::Min:
        case GroupFunction::Max:
            return group.extreme;
    }
    if (value.kind == Value::Kind::Float && !std::isfinite(value.float_value)) {
        return base::fail(base::ErrorKind::Invalid,
                          base::cat(groupFunctionName(aggregation_.function),
                                    " gives a result that is not a finite number"));
    }
    return HeldValue(value);
}

bool GroupTable::comesBefore(const Group& left, const Group& right) const {
    if (aggregation_.count_first && left.count != right.count) {
        return left.count > right.count;
    }
    if (left.bucket != right.bucket) {
        return left.bucket < right.bucket;
    }
    for (size_t i = 0; i < left.values.size(); ++i) {
        const int order = compareMembers(left.values[i].view(), right.values[i].view());
        if (order != 0) {
            return order < 0;
        }
    }
    return false;
}

base::Result<std::vector<ResultRow>> GroupTable::rows() const {
    std::vector<const Group*> ordered;
    const Group nothing;
    for (const auto& [key, group] : groups_) {
        ordered.push_back(&group);
    }
    if (ordered.empty() && aggregation_.groups.empty() && aggregation_.bucket_ns == 0) {
        ordered.push_back(&nothing);
    }
    std::sort(ordered.begin(), ordered.end(),
              [this](const Group* left, const Group* right) { return comesBefore(*left, *right); });
    if (aggregation_.top && ordered.size() > *aggregation_.top) {
        ordered.resize(*aggregation_.top);
    }
    std::vector<ResultRow> rows;
    for (const Group* group : ordered) {
        ResultRow row;
        if (aggregation_.bucket_ns != 0) {
            row.emplace_back(Value::ofInt(group->bucket));
        }
        row.insert(row.end(), group->values.begin(), group->values.end());
        if (!aggregation_.distinct) {
            auto aggregate = aggregateOf(*group);
            if (!aggregate) {
                return aggregate.error();
            }
            row.push_back(std::move(aggregate).value());
        }
        rows.push_back(std::move(row));
    }
    return rows;
}

}  // namespace evd::queryd
