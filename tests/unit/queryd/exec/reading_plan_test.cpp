#include "queryd/exec/reading_plan.h"

#include "queryd/lang/parser.h"
#include "queryd/plan/planner.h"

#include <doctest/doctest.h>
#include <limits>
#include <string_view>
#include <vector>

namespace evd::queryd {

namespace {

constexpr int64_t kFirst = std::numeric_limits<int64_t>::min();
constexpr int64_t kLast = std::numeric_limits<int64_t>::max();
constexpr int64_t kNow = 1'000'000;

RecordPlan planOf(std::string_view text) {
    return planQuery(parseQuery(text).value(), kNow).value();
}

// A database of ids 1 to `rows` and times 0 to 1000.
DatabaseSurvey surveyOf(int64_t rows) {
    DatabaseSurvey survey;
    survey.first_id = 1;
    survey.last_id = rows;
    survey.is_empty = rows == 0;
    survey.newest_ns = 1000;
    return survey;
}

}  // namespace

TEST_CASE("reading plan: ranges of ids are split without a gap, whatever their signs") {
    CHECK(splitIds({0, 10}, 1) == std::vector<IdRange>{{0, 10}});
    CHECK(splitIds({0, 10}, 3) == std::vector<IdRange>{{0, 3}, {3, 6}, {6, 10}});
    CHECK(splitIds({-5, 5}, 2) == std::vector<IdRange>{{-5, 0}, {0, 5}});
    CHECK(splitIds({4, 5}, 4) == std::vector<IdRange>{{4, 5}});
    const auto whole = splitIds({kFirst, kLast}, 2);
    REQUIRE(whole.size() == 2);
    CHECK(whole[0].after == kFirst);
    CHECK(whole[0].last == whole[1].after);
    CHECK(whole[1].last == kLast);
}

TEST_CASE("survey: bounds that leave nothing out are dropped") {
    const DatabaseSurvey survey = surveyOf(10);
    CHECK(neededTime({0, 1001}, survey) == TimeRange());
    CHECK(neededTime({1, 1001}, survey) == TimeRange{1, kLast});
    CHECK(neededTime({0, 1000}, survey) == TimeRange{kFirst, 1000});
}

TEST_CASE("survey: what lies outside is not read at all") {
    RecordPlan plan = planOf("LOGS");
    CHECK_FALSE(isOutside(plan, surveyOf(10)));
    CHECK(isOutside(plan, surveyOf(0)));
    plan.time = {1001, kLast};
    CHECK(isOutside(plan, surveyOf(10)));
    plan.time = {1000, kLast};
    CHECK_FALSE(isOutside(plan, surveyOf(10)));
    plan.time = {kFirst, 0};
    CHECK(isOutside(plan, surveyOf(10)));
    plan.time = {5, 5};
    CHECK(isOutside(plan, surveyOf(10)));
    plan.time = TimeRange();
    DatabaseSurvey nameless = surveyOf(10);
    nameless.names.kind = NameChoice::Kind::Listed;
    CHECK(isOutside(plan, nameless));
}

TEST_CASE("reading plan: rare names by their index, narrow times by theirs, the rest as it lies") {
    RecordPlan plan = planOf("LOGS FROM a");
    DatabaseSurvey survey = surveyOf(1'000'000);
    survey.names = {NameChoice::Kind::Listed, {"a"}};
    CHECK(quickestOrder(plan, survey) == ScanOrder::ById);  // nobody has counted
    survey.named_rows = kFewNamedRows;
    CHECK(quickestOrder(plan, survey) == ScanOrder::ByName);
    survey.named_rows = namedRowsMax(survey.rowsMax());
    CHECK(quickestOrder(plan, survey) == ScanOrder::ByName);
    survey.named_rows = namedRowsMax(survey.rowsMax()) + 1;
    CHECK(quickestOrder(plan, survey) == ScanOrder::ById);
    plan.time = {900, kLast};
    CHECK(quickestOrder(plan, survey) == ScanOrder::NewestFirst);
    plan.time = {700, kLast};
    CHECK(quickestOrder(plan, survey) == ScanOrder::ById);
}

TEST_CASE("reading plan: of two indexes the one that finds fewer rows is read") {
    DatabaseSurvey survey = surveyOf(1'000'000);
    const RecordPlan plan = planOf("EVENTS a WHERE pid == 7");
    survey.names = {NameChoice::Kind::Listed, {"a"}};
    survey.index = IndexChoice{{}, kFewNamedRows + 1};
    CHECK(quickestOrder(plan, survey) == ScanOrder::ByIndex);
    survey.named_rows = kFewNamedRows;
    CHECK(quickestOrder(plan, survey) == ScanOrder::ByName);
    survey.index->rows = kFewNamedRows - 1;
    CHECK(quickestOrder(plan, survey) == ScanOrder::ByIndex);
}

TEST_CASE("reading plan: a narrow time goes before an index that finds many rows") {
    DatabaseSurvey survey = surveyOf(1'000'000);
    RecordPlan plan = planOf("EVENTS WHERE pid == 7");
    plan.time = {990, kLast};
    survey.index = IndexChoice{{}, kFewNamedRows + 1};
    CHECK(quickestOrder(plan, survey) == ScanOrder::NewestFirst);
    survey.index->rows = kFewNamedRows;
    CHECK(quickestOrder(plan, survey) == ScanOrder::ByIndex);
}

TEST_CASE("reading plan: one big database is read by all threads, a small one by one") {
    const RecordPlan plan = planOf("LOGS CONTAINING x");
    const auto rows = static_cast<int64_t>(kSplitRowsMin);
    CHECK(planReading(plan, std::vector{surveyOf(rows)}, {2}).size() == 2);
    CHECK(planReading(plan, std::vector{surveyOf(rows - 1)}, {2}).size() == 1);
    CHECK(planReading(plan, std::vector(4, surveyOf(rows)), {2}).size() == 4);
    CHECK(planReading(plan, std::vector{surveyOf(10)}, {3, 10}).size() == 3);
    CHECK(planReading(plan, std::vector{surveyOf(9)}, {3, 10}).size() == 1);
    DatabaseSurvey unreadable;
    CHECK(planReading(plan, std::vector{unreadable, surveyOf(0)}, {2}).empty());
}

TEST_CASE("reading plan: counting everything is one look at an index") {
    const auto rows = static_cast<int64_t>(kSplitRowsMin);
    CHECK(planReading(planOf("LOGS COUNT"), std::vector{surveyOf(rows)}, {2}).size() == 1);
    CHECK(planReading(planOf("LOGS ERROR ONLY COUNT"), std::vector{surveyOf(rows)}, {2}).size() ==
          2);
}

}  // namespace evd::queryd
