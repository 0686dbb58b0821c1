#include "queryd/field_reports.h"

#include "common/base/text.h"

#include <doctest/doctest.h>

namespace evd::queryd {
namespace {

TEST_CASE("field reports: counted until they are taken") {
    FieldReports reports;
    reports.add({"a", "b"});
    reports.add({"a"});
    const auto taken = reports.take(10);
    REQUIRE(taken.size() == 2);
    CHECK(taken[0].field == "a");
    CHECK(taken[0].queries == 2);
    CHECK(taken[1].queries == 1);
    CHECK(reports.take(10).empty());
}

TEST_CASE("field reports: what does not fit into one report comes with the next") {
    FieldReports reports;
    reports.add({"a", "b", "c"});
    CHECK(reports.take(2).size() == 2);
    CHECK(reports.take(2).size() == 1);
}

TEST_CASE("field reports: at the maximum new fields are dropped, known ones are still counted") {
    FieldReports reports;
    for (size_t index = 0; index < kReportedFieldsMax; ++index) {
        reports.add({base::cat("f", index)});
    }
    CHECK(reports.dropped() == 0);
    reports.add({"more", "f0"});
    CHECK(reports.dropped() == 1);
    CHECK(reports.take(1).front().queries == 2);
}

TEST_CASE("field reports: a name the store would not take is dropped") {
    FieldReports reports;
    reports.add(
        {std::string(kReportedNameBytesMax, 'a'), std::string(kReportedNameBytesMax + 1, 'b')});
    CHECK(reports.take(9).size() == 1);
    CHECK(reports.dropped() == 1);
}

}  // namespace
}  // namespace evd::queryd
