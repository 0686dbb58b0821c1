#include "collector/kmesd/ring_name.h"

#include <doctest/doctest.h>

namespace evd::collector {
namespace {

TEST_CASE("ring name: what is formatted is parsed back") {
    const std::string text = formatRingName({12, 34, RingName::Part::Consumer});
    CHECK(text == "ring.12.34.consumer");
    const auto name = parseRingName(text);
    REQUIRE(name.has_value());
    CHECK(name->cpu == 12);
    CHECK(name->serial == 34);
    CHECK(name->part == RingName::Part::Consumer);
    CHECK(parseRingName("ring.0.1.producer")->part == RingName::Part::Producer);
}

TEST_CASE("ring name: the prefix of one ring is no prefix of another's name") {
    CHECK(formatRingName({1, 2, RingName::Part::Producer}).starts_with(ringPrefix(1, 2)));
    CHECK_FALSE(formatRingName({1, 23, RingName::Part::Producer}).starts_with(ringPrefix(1, 2)));
    CHECK_FALSE(formatRingName({11, 2, RingName::Part::Producer}).starts_with(ringPrefix(1, 2)));
}

TEST_CASE("ring name: other names are none of ours") {
    for (const char* text :
         {"", "ring", "ring.counters", "ring.1.2", "ring.1.2.other", "ring.1.0.producer",
          "ring.1024.1.producer", "ring.-1.1.producer", "ring.1.2.producer.3", "kmes.1.2.producer",
          "ring.x.1.producer", "ring.01.2.producer", "ring.1.02.producer"}) {
        CAPTURE(text);
        CHECK_FALSE(parseRingName(text).has_value());
    }
    CHECK(parseRingName("ring.1023.1.producer").has_value());
}

}  // namespace
}  // namespace evd::collector
