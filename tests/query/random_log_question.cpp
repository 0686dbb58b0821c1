#include "tests/query/random_log_question.h"

#include "common/base/guid.h"
#include "common/base/text.h"
#include "tests/query/random_clauses.h"

#include <algorithm>
#include <array>

namespace evd::test {

namespace {

const std::array<std::string, 6> kOrigins = {"loregd", "LOREGD", "sshd", "kernel", "a", "peinit"};
const std::array<std::string, 8> kMessages = {
    "ready",
    "",
    "Connection refused",
    "connection REFUSED by hive, once more",
    "usb 1-1: new device with a long name",
    "ready again",
    "\xC3\xA4",
    "a very long line that says refused at its end: refused"};
const std::array<std::string, 6> kParts = {"refused", "READY", "e", "1-1", "hive, ", "\xC3\xA4"};
const std::array<std::string, 6> kFields = {"timestamp", "origin",  "is_error",
                                            "message",   "boot_id", "job_id"};

SimpleCondition originTest(Random& random) {
    const std::string wanted = anyOf(random, kOrigins);
    const bool equal = chance(random, 60);
    return {"origin " + std::string(equal ? "==" : "!=") + " " + wanted, [=](const Json& record) {
                const Json* value = fieldOf(record, "origin");
                return value != nullptr && simpleEqual(*value, Json(wanted)) == equal;
            }};
}

SimpleCondition textTest(Random& random) {
    const std::string field = chance(random, 70) ? "message" : "origin";
    const std::string part = anyOf(random, kParts);
    const uint64_t which = random() % 3;
    static const std::array<std::string, 3> kOperators = {" STARTS_WITH ", " ENDS_WITH ",
                                                          " CONTAINS "};
    return {field + kOperators[which] + '"' + part + '"', [=](const Json& record) {
                const Json* value = fieldOf(record, field);
                if (value == nullptr) {
                    return false;
                }
                const std::string text = simpleFold(value->get<std::string>());
                const std::string wanted = simpleFold(part);
                return which == 0   ? text.starts_with(wanted)
                       : which == 1 ? text.ends_with(wanted)
                                    : text.find(wanted) != std::string::npos;
            }};
}

SimpleCondition errorTest(Random& random) {
    static const std::array<std::string, 4> kTruths = {"true", "1", "false", "0"};
    const size_t which = random() % kTruths.size();
    const bool equal = chance(random, 60);
    return {"is_error " + std::string(equal ? "==" : "!=") + " " + kTruths[which],
            [=](const Json& record) {
                const Json* value = fieldOf(record, "is_error");
                return value != nullptr && (value->get<bool>() == (which < 2)) == equal;
            }};
}

SimpleCondition jobTest(Random& random) {
    if (chance(random, 50)) {
        const bool null = chance(random, 50);
        return {null ? "job_id IS NULL" : "job_id IS NOT NULL",
                [=](const Json& record) { return (fieldOf(record, "job_id") == nullptr) == null; }};
    }
    const std::string guid = base::formatGuid(guidOf(static_cast<uint32_t>(random() % 3)));
    const bool equal = chance(random, 50);
    return {"job_id " + std::string(equal ? "==" : "!=") + " \"" + guid + "\"",
            [=](const Json& record) {
                const Json* value = fieldOf(record, "job_id");
                return value != nullptr && (value->get<std::string>() == guid) == equal;
            }};
}

SimpleCondition anyTest(Random& random) {
    switch (random() % 5) {
        case 0:
            return originTest(random);
        case 1:
            return errorTest(random);
        case 2:
            return jobTest(random);
        case 3:
            return timeTest(random);
        default:  // a number, not an enum
            return textTest(random);
    }
}

void addSelectors(Random& random, SimpleQuestion& question, std::string& clauses) {
    if (chance(random, 40)) {
        std::vector<std::string> origins;
        for (size_t i = 0; i < 1 + random() % 3; ++i) {
            origins.push_back(anyOf(random, kOrigins));
            clauses += (i == 0 ? " FROM " : ", ") + origins.back();
        }
        question.where.push_back(
            {"", [=](const Json& record) {
                 return std::any_of(origins.begin(), origins.end(), [&](const std::string& origin) {
                     return simpleEqual(record["$name"], Json(origin));
                 });
             }});
    }
    if (chance(random, 15)) {
        clauses += " ERROR ONLY";
        question.where.push_back({"", [](const Json& record) {
                                      const Json* value = fieldOf(record, "is_error");
                                      return value != nullptr && value->get<bool>();
                                  }});
    }
    if (chance(random, 25)) {
        const std::string part = anyOf(random, kParts);
        clauses += " CONTAINING \"" + part + '"';
        question.where.push_back(
            {"", [=](const Json& record) {
                 const Json* value = fieldOf(record, "message");
                 return value != nullptr &&
                        simpleFold(value->get<std::string>()).find(simpleFold(part)) !=
                            std::string::npos;
             }});
    }
}

std::string anyShape(Random& random, SimpleQuestion& question) {
    using Shape = SimpleQuestion::Shape;
    static const std::array<std::string, 4> kGroups = {"origin", "is_error", "job_id", "message"};
    question.group = chance(random, 50) ? "origin" : anyOf(random, kGroups);
    question.argument = "timestamp";
    switch (random() % 5) {
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
            question.shape = Shape::Max;
            return " GROUP " + question.group + " MAX timestamp";
        default:  // a number, not an enum
            question.shape = Shape::CountOver;
            question.group.clear();
            question.bucket_ns = 1'000'000'000;
            return " COUNT OVER 1s";
    }
}

void addRecordClauses(Random& random, SimpleQuestion& question, bool may_have_context,
                      std::string& clauses) {
    addSortAndSelect(random, question, clauses, 40, kFields);
    if (may_have_context && chance(random, 20)) {
        question.context = 1 + random() % 3;
        clauses += base::cat(" WITH CONTEXT ", *question.context);
    }
}

}  // namespace

std::vector<TestLog> randomLogs(Random& random) {
    std::vector<TestLog> logs;
    const size_t count = random() % 300;
    const uint64_t step = chance(random, 50) ? 1 : 1000;
    int64_t id = 0;
    for (size_t i = 0; i < count; ++i) {
        id += 1 + static_cast<int64_t>(random() % step);
        TestLog log;
        log.id = id;
        log.timestamp = anyTimestamp(random);
        log.origin = anyOf(random, kOrigins);
        log.is_error = chance(random, 30);
        log.message = anyOf(random, kMessages);
        if (chance(random, 40)) {
            log.job = guidOf(static_cast<uint32_t>(random() % 3));
        }
        logs.push_back(std::move(log));
    }
    return logs;
}

SimpleQuestion randomLogQuestion(Random& random, bool may_have_context) {
    SimpleQuestion question;
    std::string clauses;
    addSelectors(random, question, clauses);
    addWhere(random, question, clauses,
             [](Random& source) { return joinedConditions(source, 55, anyTest); });
    addTimes(random, question, clauses);
    if (chance(random, 35)) {
        clauses += anyShape(random, question);
    } else {
        addRecordClauses(random, question, may_have_context, clauses);
    }
    addSkipAndTake(random, question, clauses);
    question.text = "LOGS" + clauses;
    return question;
}

}  // namespace evd::test
