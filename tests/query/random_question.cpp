#include "tests/query/random_question.h"

#include "common/base/check.h"
#include "common/base/guid.h"
#include "common/base/text.h"
#include "tests/query/random_clauses.h"

#include <array>

namespace evd::test {

namespace {

const std::array<std::string, 6> kTypes = {
    "kacs.access.denied", "KACS.access.denied", "kacs.token", "lcs.set", "synthetic.gap", "x"};
const std::array<std::string, 8> kPatterns = {"*",      "kacs.*", "*.denied", "kacs.access.denied",
                                              "KACS.*", "*s*e*",  "nothing",  "X"};
const std::array<std::string, 8> kFields = {
    "n", "s", "v", "m.a", "m.b", "cpu_id", "origin_class", "absent"};
// As the language writes them, and as json.
const std::array<std::pair<const char*, const char*>, 22> kValues = {{
    {"0", "0"},
    {"1", "1"},
    {"-1", "-1"},
    {"2", "2"},
    {"1.0", "1.0"},
    {"0.5", "0.5"},
    {"-2.5", "-2.5"},
    {"9007199254740993", "9007199254740993"},
    {"9007199254740992.0", "9007199254740992.0"},
    {"9223372036854775807", "9223372036854775807"},
    {"9223372036854775808.0", "9223372036854775808.0"},
    {"18446744073709551615", "18446744073709551615"},
    {"-9223372036854775808", "-9223372036854775808"},
    {"\"a\"", "\"a\""},
    {"\"A\"", "\"A\""},
    {"\"ab\"", "\"ab\""},
    {"\"aB c\"", "\"aB c\""},
    {"\"\"", "\"\""},
    {"\"1\"", "\"1\""},
    {"true", "true"},
    {"FALSE", "false"},
    {"x\"61\"", "{\"$binary\": \"61\"}"},
}};
// What a payload may hold beyond what a question can write.
const std::array<const char*, 7> kMoreValues = {
    "null", "{\"$float\": \"nan\"}", "{\"$float\": \"inf\"}", "[1, \"A\"]", "[]",
    "{}",   "\"\xC3\xA4\""};

Json anyPayloadValue(Random& random) {
    const size_t index = random() % (kValues.size() + kMoreValues.size());
    return Json::parse(index < kValues.size() ? kValues[index].second
                                              : kMoreValues[index - kValues.size()]);
}

struct Written {
    std::string text;
    Json value;
};

Written anyWritten(Random& random) {
    const auto& [text, json] = anyOf(random, kValues);
    return {text, Json::parse(json)};
}

Written anyNumber(Random& random) {
    for (;;) {
        Written written = anyWritten(random);
        if (simpleIsNumber(written.value)) {
            return written;
        }
    }
}

Written anyText(Random& random) {
    for (;;) {
        Written written = anyWritten(random);
        if (written.value.is_string()) {
            return written;
        }
    }
}

SimpleCondition ordering(Random& random, const std::string& field) {
    const Written limit = anyNumber(random);
    static const std::array<std::string, 4> kOperators = {"<", "<=", ">", ">="};
    const std::string op = anyOf(random, kOperators);
    return {field + " " + op + " " + limit.text, [=](const Json& record) {
                const Json* value = fieldOf(record, field);
                const auto order =
                    value == nullptr ? std::nullopt : simpleOrderOfNumbers(*value, limit.value);
                if (!order) {
                    return false;
                }
                return (op[0] == '<' && *order < 0) || (op[0] == '>' && *order > 0) ||
                       (op.size() == 2 && *order == 0);
            }};
}

SimpleCondition equality(Random& random, const std::string& field) {
    const Written wanted = anyWritten(random);
    const bool equal = chance(random, 60);
    return {field + (equal ? " == " : "!=") + wanted.text, [=](const Json& record) {
                const Json* value = fieldOf(record, field);
                return value != nullptr && simpleEqual(*value, wanted.value) == equal;
            }};
}

SimpleCondition membership(Random& random, const std::string& field) {
    std::vector<Json> values;
    std::string list;
    for (size_t i = 0; i < 1 + random() % 4; ++i) {
        const Written written = anyWritten(random);
        list += (i == 0 ? "" : ", ") + written.text;
        values.push_back(written.value);
    }
    const bool in = chance(random, 60);
    return {field + (in ? " IN (" : " not_in (") + list + ")", [=](const Json& record) {
                const Json* value = fieldOf(record, field);
                bool found = false;
                for (const Json& one : values) {
                    found = found || (value != nullptr && simpleEqual(*value, one));
                }
                return value != nullptr && found == in;
            }};
}

SimpleCondition textTest(Random& random, const std::string& field) {
    const Written written = anyText(random);
    const std::string wanted = simpleFold(written.value.get<std::string>());
    const uint64_t which = random() % 3;
    static const std::array<std::string, 3> kOperators = {" STARTS_WITH ", " ENDS_WITH ",
                                                          " CONTAINS "};
    return {field + kOperators[which] + written.text, [=](const Json& record) {
                const Json* value = fieldOf(record, field);
                if (value == nullptr || !value->is_string()) {
                    return false;
                }
                const std::string text = simpleFold(value->get<std::string>());
                return which == 0   ? text.starts_with(wanted)
                       : which == 1 ? text.ends_with(wanted)
                                    : text.find(wanted) != std::string::npos;
            }};
}

SimpleCondition nullTest(Random& random, const std::string& field) {
    const bool null = chance(random, 50);
    return {field + (null ? " IS NULL" : " IS NOT NULL"),
            [=](const Json& record) { return (fieldOf(record, field) == nullptr) == null; }};
}

SimpleCondition hasTest(Random& random, const std::string& field) {
    const Written wanted = anyWritten(random);
    return {field + " HAS " + wanted.text, [=](const Json& record) {
                const Json* value = fieldOf(record, field);
                if (value == nullptr || !value->is_array()) {
                    return value != nullptr && simpleEqual(*value, wanted.value);
                }
                for (const Json& member : *value) {
                    if (simpleEqual(member, wanted.value)) {
                        return true;
                    }
                }
                return false;
            }};
}

SimpleCondition processTest(Random& random) {
    const auto number = static_cast<uint32_t>(random() % 4);
    const std::string guid = base::formatGuid(guidOf(number));
    const bool equal = chance(random, 50);
    return {"process_guid " + std::string(equal ? "==" : "!=") + " \"" +
                (chance(random, 50) ? guid : guid.substr(1, 36)) + "\"",
            [=](const Json& record) {
                const Json* value = fieldOf(record, "process_guid");
                return value != nullptr && (value->get<std::string>() == guid) == equal;
            }};
}

SimpleCondition typeTest(Random& random) {
    const std::string type = anyOf(random, kTypes);
    const bool equal = chance(random, 50);
    return {"event_type " + std::string(equal ? "==" : "!=") + " " + type, [=](const Json& record) {
                const Json* value = fieldOf(record, "event_type");
                return value != nullptr && simpleEqual(*value, Json(type)) == equal;
            }};
}

SimpleCondition anyComparison(Random& random) {
    const std::string field = anyOf(random, kFields);
    switch (random() % 10) {
        case 0:
            return ordering(random, field);
        case 1:
            return membership(random, field);
        case 2:
            return textTest(random, field);
        case 3:
            return nullTest(random, field);
        case 4:
            return hasTest(random, field);
        case 5:
            return processTest(random);
        case 6:
            return typeTest(random);
        case 7:
            return timeTest(random);
        default:  // a number, not an enum
            return equality(random, field);
    }
}

// Text of the aggregation; settles group and argument.
std::string anyShape(Random& random, SimpleQuestion& question) {
    using Shape = SimpleQuestion::Shape;
    question.group = anyOf(random, kFields);
    question.argument = "k";
    switch (random() % 7) {
        case 0:
            question.group.clear();
            question.shape = Shape::Count;
            return " COUNT";
        case 1:
            question.shape = Shape::CountBy;
            return " COUNT BY " + question.group;
        case 2:
            question.shape = Shape::Distinct;
            return " DISTINCT " + question.group;
        case 3:
            question.shape = Shape::Sum;
            return " GROUP " + question.group + " SUM k";
        case 4:
            question.shape = Shape::Min;
            question.argument = "n";
            return " GROUP " + question.group + " MIN n";
        case 5:
            question.shape = Shape::Max;
            question.argument = "n";
            return " GROUP " + question.group + " MAX n";
        default:  // a number, not an enum
            question.shape = Shape::CountOver;
            question.group.clear();
            question.bucket_ns = 1'000'000'000;
            return " COUNT OVER 1s";
    }
}

void addRecordClauses(Random& random, SimpleQuestion& question, std::string& clauses) {
    static const std::array<std::string, 9> kSortable = {
        "n", "s", "v", "m.a", "cpu_id", "event_type", "timestamp", "process_guid", "absent"};
    addSortAndSelect(random, question, clauses, 50, kSortable);
}

}  // namespace

std::vector<SimpleEvent> randomEvents(Random& random) {
    std::vector<SimpleEvent> events;
    const size_t count = random() % 300;
    for (size_t i = 0; i < count; ++i) {
        SimpleEvent event;
        event.id = static_cast<int64_t>(i) + 1;
        event.timestamp = anyTimestamp(random);
        event.type = anyOf(random, kTypes);
        if (chance(random, 80)) {
            event.cpu = static_cast<int64_t>(random() % 4);
            event.origin_class = static_cast<int64_t>(random() % 3);
            event.process = static_cast<uint32_t>(random() % 4);
        }
        if (chance(random, 90)) {
            event.payload = Json::object();
            for (const char* name : {"n", "s", "v"}) {
                if (chance(random, 70)) {
                    (*event.payload)[name] = anyPayloadValue(random);
                }
            }
            (*event.payload)["k"] = static_cast<int64_t>(random() % 100);
            if (chance(random, 50)) {
                (*event.payload)["m"] = {{"a", anyPayloadValue(random)}};
                (*event.payload)["m.b"] = anyPayloadValue(random);
            }
        }
        events.push_back(std::move(event));
    }
    return events;
}

SimpleQuestion randomQuestion(Random& random) {
    SimpleQuestion question;
    question.text = "EVENTS";
    if (chance(random, 40)) {
        question.pattern = anyOf(random, kPatterns);
        question.text += " " + *question.pattern;
    }
    std::string clauses;
    addWhere(random, question, clauses,
             [](Random& source) { return joinedConditions(source, 50, anyComparison); });
    addTimes(random, question, clauses);
    if (chance(random, 35)) {
        clauses += anyShape(random, question);
    } else {
        addRecordClauses(random, question, clauses);
    }
    addSkipAndTake(random, question, clauses);
    question.text += clauses;
    return question;
}

}  // namespace evd::test
