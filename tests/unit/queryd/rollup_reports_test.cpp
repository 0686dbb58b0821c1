#include "queryd/rollup_reports.h"

#include <doctest/doctest.h>

namespace evd::queryd {
namespace {

using wire::RollupFunction;
using Reports = std::vector<RollupReport>;

TEST_CASE("rollup reports: what was asked is counted until it is taken") {
    RollupReports reports;
    reports.add(RollupFunction::Rate, 60);
    reports.add(RollupFunction::Avg, 3600);
    reports.add(RollupFunction::Rate, 60);
    CHECK(reports.take(10) ==
          Reports{{RollupFunction::Avg, 3600, 1}, {RollupFunction::Rate, 60, 2}});
    CHECK(reports.take(10).empty());
}

TEST_CASE("rollup reports: what does not fit into one report waits for the next") {
    RollupReports reports;
    reports.add(RollupFunction::Avg, 60);
    reports.add(RollupFunction::Min, 60);
    CHECK(reports.take(1) == Reports{{RollupFunction::Avg, 60, 1}});
    CHECK(reports.take(1) == Reports{{RollupFunction::Min, 60, 1}});
}

TEST_CASE("rollup reports: new pairs above the limit are dropped and counted") {
    RollupReports reports;
    for (uint32_t i = 1; i <= kReportedRollupsMax; ++i) {
        reports.add(RollupFunction::Max, i);
    }
    CHECK(reports.dropped() == 0);
    reports.add(RollupFunction::Max, 1);  // known
    reports.add(RollupFunction::Sum, 1);
    CHECK(reports.dropped() == 1);
    reports.noteDropped(5);
    CHECK(reports.dropped() == 6);
}

}  // namespace
}  // namespace evd::queryd
