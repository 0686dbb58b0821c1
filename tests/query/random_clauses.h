#pragma once

#include "tests/query/random.h"
#include "tests/query/simple_evaluator.h"
#include "tests/support/fake_clock.h"

#include <cstdint>
#include <functional>
#include <span>
#include <string>

namespace evd::test {

// What random questions have in common whatever they are about: choices, conditions on time, how
// conditions are joined, and the clauses behind them. Each piece writes the text and says the same
// to the simple evaluator. All draw from the caller's generator, so that a seed names a question.

inline constexpr int64_t kRandomStart = FakeClock::kStartWallNs - 1'000'000;  // records lie around
                                                                              // the clock
template <typename List>
const auto& anyOf(Random& random, const List& list) {
    return list[random() % list.size()];
}

bool chance(Random& random, uint32_t percent);

// Of a record; a few lie after now, which is the end where UNTIL is not named.
int64_t anyTimestamp(Random& random);

SimpleCondition timeTest(Random& random);

// NOT, AND and OR over what `leaf` makes, a few levels deep; that often a leaf where it might be
// more.
SimpleCondition joinedConditions(Random& random, uint32_t leaf_percent,
                                 const std::function<SimpleCondition(Random&)>& leaf);

void addWhere(Random& random, SimpleQuestion& question, std::string& clauses,
              const std::function<SimpleCondition(Random&)>& condition);
void addTimes(Random& random, SimpleQuestion& question, std::string& clauses);
void addSortAndSelect(Random& random, SimpleQuestion& question, std::string& clauses,
                      uint32_t percent, std::span<const std::string> fields);
void addSkipAndTake(Random& random, SimpleQuestion& question, std::string& clauses);

}  // namespace evd::test
