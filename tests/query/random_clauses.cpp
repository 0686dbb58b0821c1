#include "tests/query/random_clauses.h"

#include "common/base/text.h"

namespace evd::test {

namespace {

constexpr int kDepthMax = 3;

SimpleCondition joinedAt(Random& random, uint32_t leaf_percent,
                         const std::function<SimpleCondition(Random&)>& leaf, int depth) {
    if (depth == kDepthMax || chance(random, leaf_percent)) {
        return leaf(random);
    }
    const SimpleCondition left = joinedAt(random, leaf_percent, leaf, depth + 1);
    if (chance(random, 25)) {
        return {"NOT (" + left.text + ")", [=](const Json& record) { return !left.holds(record); }};
    }
    const SimpleCondition right = joinedAt(random, leaf_percent, leaf, depth + 1);
    const bool both = chance(random, 50);
    return {"(" + left.text + (both ? " AND " : " OR ") + right.text + ")",
            [=](const Json& record) {
                return both ? left.holds(record) && right.holds(record)
                            : left.holds(record) || right.holds(record);
            }};
}

}  // namespace

bool chance(Random& random, uint32_t percent) {
    return random() % 100 < percent;
}

int64_t anyTimestamp(Random& random) {
    return chance(random, 3) ? FakeClock::kStartWallNs + 5
                             : kRandomStart + static_cast<int64_t>(random() % 40);
}

SimpleCondition timeTest(Random& random) {
    const int64_t limit = kRandomStart + static_cast<int64_t>(random() % 40);
    const bool after = chance(random, 50);
    return {base::cat("timestamp ", after ? ">" : "<=", " ", limit), [=](const Json& record) {
                return (record["timestamp"].get<int64_t>() > limit) == after;
            }};
}

SimpleCondition joinedConditions(Random& random, uint32_t leaf_percent,
                                 const std::function<SimpleCondition(Random&)>& leaf) {
    return joinedAt(random, leaf_percent, leaf, 0);
}

void addWhere(Random& random, SimpleQuestion& question, std::string& clauses,
              const std::function<SimpleCondition(Random&)>& condition) {
    for (size_t i = 0; i < random() % 3; ++i) {
        question.where.push_back(condition(random));
        clauses += " WHERE " + question.where.back().text;
    }
}

void addTimes(Random& random, SimpleQuestion& question, std::string& clauses) {
    if (chance(random, 20)) {
        question.since = FakeClock::kStartWallNs - 1'000'000'000;
        clauses += " SINCE 1s ago";
    }
    if (chance(random, 20)) {
        question.until = FakeClock::kStartWallNs + 1'000'000'000;
        clauses += " UNTIL 1s hence";
    }
}

void addSortAndSelect(Random& random, SimpleQuestion& question, std::string& clauses,
                      uint32_t percent, std::span<const std::string> fields) {
    if (chance(random, percent)) {
        clauses += " SORT ";
        for (size_t i = 0; i < 1 + random() % 2; ++i) {
            const bool descending = chance(random, 50);
            question.sort.emplace_back(anyOf(random, fields), descending);
            clauses +=
                (i == 0 ? "" : ", ") + question.sort.back().first + (descending ? " DESC" : "");
        }
    }
    if (chance(random, percent)) {
        clauses += " SELECT ";
        for (size_t i = 0; i < 1 + random() % 3; ++i) {
            question.select.push_back(anyOf(random, fields));
            clauses += (i == 0 ? "" : ",") + question.select.back();
        }
    }
}

void addSkipAndTake(Random& random, SimpleQuestion& question, std::string& clauses) {
    if (chance(random, 30)) {
        question.skip = random() % 10;
        clauses += base::cat(" SKIP ", *question.skip);
    }
    if (chance(random, 40)) {
        question.take = random() % 20;
        clauses += base::cat(" TAKE ", *question.take);
    }
}

}  // namespace evd::test
