#include "tests/query/simple_evaluator.h"

#include "common/base/check.h"
#include "common/base/guid.h"
#include "tests/support/fake_clock.h"
#include "tests/support/msgpack_json.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace evd::test {

namespace {

// Kinds in the order of Ruling Q6.
int rankOf(const Json& value) {
    if (value.is_null()) {
        return 0;
    }
    if (value.is_boolean()) {
        return 1;
    }
    if (simpleIsNumber(value)) {
        return 2;
    }
    if (value.is_string()) {
        return 3;
    }
    if (value.is_object() && value.contains("$binary")) {
        return 4;
    }
    return value.is_array() ? 5 : 6;
}

// Every i64, u64 and binary64 is exact in the 64-bit mantissa of a long double.
long double numberOf(const Json& value) {
    if (value.is_object()) {
        const auto name = value["$float"].get<std::string>();
        const long double infinity = std::numeric_limits<long double>::infinity();
        return name == "nan" ? std::nanl("") : name == "inf" ? infinity : -infinity;
    }
    if (value.is_number_unsigned()) {
        return static_cast<long double>(value.get<uint64_t>());
    }
    return value.is_number_integer() ? static_cast<long double>(value.get<int64_t>())
                                     : static_cast<long double>(value.get<double>());
}

int compare(long double left, long double right) {
    return left < right ? -1 : left > right ? 1 : 0;
}

int totalOrder(const Json& left, const Json& right) {
    if (rankOf(left) != rankOf(right)) {
        return rankOf(left) < rankOf(right) ? -1 : 1;
    }
    if (simpleIsNumber(left)) {
        const bool left_nan = std::isnan(numberOf(left));
        const bool right_nan = std::isnan(numberOf(right));
        return left_nan || right_nan ? int{left_nan} - int{right_nan}
                                     : compare(numberOf(left), numberOf(right));
    }
    if (left.is_string()) {
        const auto a = left.get<std::string>();
        const auto b = right.get<std::string>();
        const int folded = simpleFold(a).compare(simpleFold(b));
        return folded != 0 ? folded : a.compare(b);
    }
    if (left.is_boolean()) {
        return int{left.get<bool>()} - int{right.get<bool>()};
    }
    if (left.is_array()) {
        for (size_t i = 0; i < std::min(left.size(), right.size()); ++i) {
            if (const int order = totalOrder(left[i], right[i]); order != 0) {
                return order;
            }
        }
        return compare(static_cast<long double>(left.size()),
                       static_cast<long double>(right.size()));
    }
    if (rankOf(left) == 4) {  // hex keeps the order of bytes
        return left["$binary"].get<std::string>().compare(right["$binary"].get<std::string>());
    }
    return 0;  // null; an empty map
}

// The same, with the form of equal numbers deciding (the smallest member of a group).
int memberOrder(const Json& left, const Json& right) {
    const int order = totalOrder(left, right);
    const bool forms = order == 0 && left.is_number() && right.is_number();
    return forms ? int{left.is_number_float()} - int{right.is_number_float()} : order;
}

bool sameGroup(const Json& left, const Json& right) {
    if (rankOf(left) != rankOf(right)) {
        return false;
    }
    return left.is_string() ? simpleEqual(left, right) : totalOrder(left, right) == 0;
}

void flatten(const Json& map, const std::string& prefix, Json& record) {
    for (const auto& [key, value] : map.items()) {
        const bool special =
            value.is_object() && !value.empty() && value.begin().key().starts_with("$");
        if (value.is_object() && !value.empty() && !special) {
            flatten(value, prefix + key + ".", record);
        } else if (!record.contains(prefix + key)) {
            record[prefix + key] = value;
        }
    }
}

template <typename Number>
Json orNull(const std::optional<Number>& value) {
    return value ? Json(*value) : Json(nullptr);
}

Json recordOf(const SimpleEvent& event) {
    Json record;
    record["$time"] = event.timestamp;
    record["$name"] = event.type;
    record["timestamp"] = event.timestamp;
    record["cpu_id"] = orNull(event.cpu);
    record["sequence"] = nullptr;
    record["origin_class"] = orNull(event.origin_class);
    record["event_type"] = event.type;
    record["effective_token_guid"] = nullptr;
    record["true_token_guid"] = nullptr;
    record["process_guid"] =
        event.process ? Json(base::formatGuid(guidOf(*event.process))) : Json(nullptr);
    record["boot_id"] = base::formatGuid(guidOf(1));
    if (event.payload) {
        flatten(*event.payload, "", record);
    }
    return record;
}

Json recordOf(const TestLog& log) {
    Json record;
    record["$time"] = log.timestamp;
    record["$name"] = log.origin;
    record["timestamp"] = log.timestamp;
    record["origin"] = log.origin;
    record["is_error"] = log.is_error;
    record["message"] = log.message;
    record["boot_id"] = base::formatGuid(log.boot);
    record["job_id"] = log.job ? Json(base::formatGuid(*log.job)) : Json(nullptr);
    return record;
}

struct Match {
    Json record;
    int64_t id;
};

Json valueOrNull(const Json& record, const std::string& name) {
    const Json* value = fieldOf(record, name);
    return value == nullptr ? Json(nullptr) : *value;
}

void sortMatches(const SimpleQuestion& question, std::vector<Match>& matches) {
    std::sort(matches.begin(), matches.end(), [&](const Match& left, const Match& right) {
        for (const auto& [name, descending] : question.sort) {
            const int order =
                totalOrder(valueOrNull(left.record, name), valueOrNull(right.record, name));
            if (order != 0) {
                return descending ? order > 0 : order < 0;
            }
        }
        const auto a = left.record["$time"].get<int64_t>();
        const auto b = right.record["$time"].get<int64_t>();
        return a != b ? a > b : left.id > right.id;
    });
}

struct Group {
    Json value;
    int64_t bucket = 0;
    std::vector<Json> members;  // of the argument, nulls included
};

std::vector<Group> groupMatches(const SimpleQuestion& question, const std::vector<Match>& matches) {
    std::vector<Group> groups;
    for (const Match& match : matches) {
        const Json value =
            question.group.empty() ? Json(nullptr) : valueOrNull(match.record, question.group);
        const auto timestamp = match.record["$time"].get<int64_t>();
        const int64_t bucket =
            question.bucket_ns == 0 ? 0 : timestamp / question.bucket_ns * question.bucket_ns;
        auto found = std::find_if(groups.begin(), groups.end(), [&](const Group& group) {
            return group.bucket == bucket && sameGroup(group.value, value);
        });
        if (found == groups.end()) {
            groups.push_back({value, bucket, {}});
            found = std::prev(groups.end());
        }
        if (memberOrder(value, found->value) < 0) {
            found->value = value;
        }
        found->members.push_back(valueOrNull(match.record, question.argument));
    }
    const bool by_count = question.shape == SimpleQuestion::Shape::CountBy;
    std::sort(groups.begin(), groups.end(), [&](const Group& left, const Group& right) {
        if (by_count && left.members.size() != right.members.size()) {
            return left.members.size() > right.members.size();
        }
        return left.bucket != right.bucket ? left.bucket < right.bucket
                                           : memberOrder(left.value, right.value) < 0;
    });
    return groups;
}

// Sums of the test's small integers only.
Json sumOf(const std::vector<Json>& members) {
    int64_t sum = 0;
    bool any = false;
    for (const Json& member : members) {
        if (member.is_number_integer()) {
            sum += member.get<int64_t>();
            any = true;
        }
    }
    return any ? Json(sum) : Json(nullptr);
}

Json extremeOf(const std::vector<Json>& members, bool max) {
    Json best = nullptr;
    for (const Json& member : members) {
        if (!simpleIsNumber(member)) {
            continue;
        }
        const int order = best.is_null() ? 0 : memberOrder(member, best);
        if (best.is_null() || (max ? order > 0 : order < 0)) {
            best = member;
        }
    }
    return best;
}

Json resultOf(const SimpleQuestion& question, const Group& group) {
    using Shape = SimpleQuestion::Shape;
    Json record = Json::object();
    if (!question.group.empty()) {
        record[question.group] = group.value;
    }
    switch (question.shape) {
        case Shape::CountOver:
            record["bucket"] = group.bucket;
            record["count"] = group.members.size();
            break;
        case Shape::CountBy:
            record["count"] = group.members.size();
            break;
        case Shape::Sum:
            record["sum"] = sumOf(group.members);
            break;
        case Shape::Min:
            record["min"] = extremeOf(group.members, /*max=*/false);
            break;
        case Shape::Max:
            record["max"] = extremeOf(group.members, /*max=*/true);
            break;
        case Shape::Records:
        case Shape::Count:
        case Shape::Distinct:
            break;
    }
    return record;
}

Json selected(const SimpleQuestion& question, const Json& record) {
    if (question.select.empty()) {
        Json shown = record;
        shown.erase("$time");
        shown.erase("$name");
        return shown;
    }
    Json narrowed = Json::object();
    for (const std::string& name : question.select) {
        if (record.contains(name)) {
            narrowed[name] = record[name];
        }
    }
    return narrowed;
}

template <typename List>
void cut(List& list, size_t first, size_t count) {
    using Distance = typename List::difference_type;
    list.erase(list.begin(), list.begin() + static_cast<Distance>(first));
    list.resize(count);
}

// Every hit with what stands next to it among the records of its name, by id.
std::vector<Json> withContext(const SimpleQuestion& question, std::vector<Match> hits,
                              const std::vector<SimpleRecord>& records) {
    std::map<int64_t, const SimpleRecord*> by_id;
    for (const SimpleRecord& record : records) {
        by_id[record.id] = &record;
    }
    std::map<int64_t, Match> shown;
    for (const Match& hit : hits) {
        std::vector<const SimpleRecord*> same;
        size_t place = 0;
        for (const auto& [id, record] : by_id) {
            if (record->name == by_id.at(hit.id)->name) {
                place = id == hit.id ? same.size() : place;
                same.push_back(record);
            }
        }
        const size_t from = place - std::min(place, *question.context);
        for (size_t i = from; i < std::min(same.size(), place + *question.context + 1); ++i) {
            shown.insert_or_assign(same[i]->id, Match{same[i]->fields, same[i]->id});
        }
    }
    std::vector<Match> matches;
    for (const auto& [id, match] : shown) {
        matches.push_back(match);
    }
    sortMatches(question, matches);
    std::vector<Json> results;
    for (const Match& match : matches) {
        results.push_back(match.record);
    }
    return results;
}

}  // namespace

TestEvent rowOf(const SimpleEvent& event) {
    TestEvent row;
    row.id = event.id;
    row.timestamp = event.timestamp;
    row.type = event.type;
    row.cpu = event.cpu;
    row.origin_class = event.origin_class;
    row.boot = guidOf(1);
    if (event.process) {
        row.process = guidOf(*event.process);
    }
    if (event.payload) {
        row.payload = msgpackOfJson(event.payload->dump()).value();
    }
    return row;
}

const Json* fieldOf(const Json& record, const std::string& name) {
    const auto found = record.find(name);
    return found == record.end() || found->is_null() ? nullptr : &*found;
}

bool simpleIsNumber(const Json& value) {
    return value.is_number() || (value.is_object() && value.contains("$float"));
}

std::optional<int> simpleOrderOfNumbers(const Json& left, const Json& right) {
    if (!simpleIsNumber(left) || !simpleIsNumber(right) || std::isnan(numberOf(left)) ||
        std::isnan(numberOf(right))) {
        return std::nullopt;
    }
    return compare(numberOf(left), numberOf(right));
}

bool simpleEqual(const Json& left, const Json& right) {
    if (rankOf(left) != rankOf(right)) {
        return false;
    }
    if (simpleIsNumber(left)) {
        const auto order = simpleOrderOfNumbers(left, right);
        return order && *order == 0;
    }
    return left.is_string()
               ? simpleFold(left.get<std::string>()) == simpleFold(right.get<std::string>())
               : left == right;
}

std::string simpleFold(std::string text) {
    for (char& letter : text) {
        if (letter >= 'A' && letter <= 'Z') {
            letter = static_cast<char>(letter - 'A' + 'a');
        }
    }
    return text;
}

bool simpleGlob(const std::string& text, const std::string& pattern) {
    if (pattern.empty()) {
        return text.empty();
    }
    if (pattern.front() == '*') {
        return simpleGlob(text, pattern.substr(1)) ||
               (!text.empty() && simpleGlob(text.substr(1), pattern));
    }
    return !text.empty() && simpleFold(text.substr(0, 1)) == simpleFold(pattern.substr(0, 1)) &&
           simpleGlob(text.substr(1), pattern.substr(1));
}

std::vector<SimpleRecord> recordsOf(const std::vector<SimpleEvent>& events) {
    std::vector<SimpleRecord> records;
    for (const SimpleEvent& event : events) {
        records.push_back({event.id, event.type, recordOf(event)});
    }
    return records;
}

std::vector<SimpleRecord> recordsOf(const std::vector<TestLog>& logs) {
    std::vector<SimpleRecord> records;
    for (const TestLog& log : logs) {
        records.push_back({log.id, log.origin, recordOf(log)});
    }
    return records;
}

bool isWanted(const SimpleQuestion& question, const SimpleRecord& record) {
    if (question.pattern && !simpleGlob(record.name, *question.pattern)) {
        return false;
    }
    const auto timestamp = record.fields["$time"].get<int64_t>();
    if ((question.since && timestamp < *question.since) ||
        timestamp >= question.until.value_or(FakeClock::kStartWallNs + 1)) {
        return false;
    }
    return std::all_of(
        question.where.begin(), question.where.end(),
        [&](const SimpleCondition& condition) { return condition.holds(record.fields); });
}

std::vector<std::string> evaluate(const SimpleQuestion& question,
                                  const std::vector<SimpleRecord>& records) {
    std::vector<Match> matches;
    for (const SimpleRecord& record : records) {
        if (isWanted(question, record)) {
            matches.push_back({record.fields, record.id});
        }
    }
    std::vector<Json> results;
    if (question.shape == SimpleQuestion::Shape::Records) {
        sortMatches(question, matches);
        for (const Match& match : matches) {
            results.push_back(match.record);
        }
    } else if (question.shape == SimpleQuestion::Shape::Count) {
        results.push_back({{"count", matches.size()}});
    } else {
        for (const Group& group : groupMatches(question, matches)) {
            results.push_back(resultOf(question, group));
        }
    }
    const size_t first = std::min(question.skip.value_or(0), results.size());
    const size_t count = std::min(question.take.value_or(SIZE_MAX), results.size() - first);
    if (question.context) {
        cut(matches, first, count);
        results = withContext(question, std::move(matches), records);
    } else {
        cut(results, first, count);
    }
    std::vector<std::string> lines;
    for (const Json& result : results) {
        lines.push_back(selected(question, result).dump());
    }
    return lines;
}

}  // namespace evd::test
