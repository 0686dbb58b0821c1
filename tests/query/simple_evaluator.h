#pragma once

#include "tests/support/event_shards.h"
#include "tests/support/log_store.h"

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace evd::test {

// The other opinion on what a question means: a direct reading of the rulings over json values, for
// comparison with the engine. Bytes and special floats are objects, as in msgpack_json.h. Slow and
// simple on purpose; nothing of the product's judgement is used here.
using Json = nlohmann::json;

struct SimpleEvent {
    int64_t id = 0;
    int64_t timestamp = 0;
    std::string type;
    std::optional<int64_t> cpu;
    std::optional<int64_t> origin_class;
    std::optional<uint32_t> process;  // the number in its GUID
    std::optional<Json> payload;      // an object
};

TestEvent rowOf(const SimpleEvent& event);

// A record as the evaluator sees it, whatever its store.
struct SimpleRecord {
    int64_t id = 0;
    std::string name;  // the event type or the origin
    // Flat. $time and $name are what the record is, whether or not fields show it.
    Json fields;
};

std::vector<SimpleRecord> recordsOf(const std::vector<SimpleEvent>& events);
std::vector<SimpleRecord> recordsOf(const std::vector<TestLog>& logs);

// A condition with the text it is written as.
struct SimpleCondition {
    std::string text;
    std::function<bool(const Json& record)> holds;  // over the flat record
};

struct SimpleQuestion {
    std::string text;
    std::optional<std::string> pattern;
    std::optional<int64_t> since;
    std::optional<int64_t> until;
    std::vector<SimpleCondition> where;
    std::vector<std::pair<std::string, bool>> sort;  // name, descending
    std::vector<std::string> select;
    std::optional<size_t> skip;
    std::optional<size_t> take;
    enum class Shape { Records, Count, CountBy, Distinct, Sum, Min, Max, CountOver };
    Shape shape = Shape::Records;
    std::string group;
    std::string argument;
    int64_t bucket_ns = 0;
    std::optional<size_t> context;  // of the same name around each hit
};

// The answer as lines of jsonl.
std::vector<std::string> evaluate(const SimpleQuestion& question,
                                  const std::vector<SimpleRecord>& records);

// Whether the record answers the pattern, the range and WHERE.
bool isWanted(const SimpleQuestion& question, const SimpleRecord& record);

// Building blocks for conditions; missing values are a null pointer.
const Json* fieldOf(const Json& record, const std::string& name);
bool simpleEqual(const Json& left, const Json& right);
std::optional<int> simpleOrderOfNumbers(const Json& left, const Json& right);
bool simpleIsNumber(const Json& value);
std::string simpleFold(std::string text);
bool simpleGlob(const std::string& text, const std::string& pattern);

}  // namespace evd::test
