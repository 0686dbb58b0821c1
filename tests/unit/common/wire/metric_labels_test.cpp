#include "common/wire/metric_labels.h"

#include "common/wire/metric_sample.h"

#include <doctest/doctest.h>

#include <string>

namespace evd::wire {
namespace {

std::string canonical(std::vector<MetricLabel> labels) {
    std::string out;
    return writeCanonicalLabels(labels, out) ? out : "invalid";
}

TEST_CASE("metric labels: sorted by key, '=' within and ',' between") {
    CHECK(canonical({}).empty());
    CHECK(canonical({{"host", "a"}, {"core", "0"}}) == "core=0,host=a");
    CHECK(canonical({{"b", "1"}, {"B", "2"}}) == "B=2,b=1");
}

TEST_CASE("metric labels: what cannot be told apart in the text is refused") {
    CHECK(canonical({{"", "x"}}) == "invalid");
    CHECK(canonical({{"x", ""}}) == "invalid");
    CHECK(canonical({{"a=b", "c"}}) == "invalid");
    CHECK(canonical({{"a", "b,c"}}) == "invalid");
    CHECK(canonical({{"a", "\xff"}}) == "invalid");
    CHECK(canonical({{"a", "1"}, {"a", "1"}}) == "invalid");
}

TEST_CASE("metric labels: keys that results show as fields of their own are refused") {
    for (const char* key : {"timestamp", "name", "type", "value", "boot_id"}) {
        CAPTURE(key);
        CHECK(canonical({{key, "x"}}) == "invalid");
    }
    CHECK(canonical({{"Name", "x"}}) == "Name=x");
}

TEST_CASE("metric labels: at the limits and above") {
    std::vector<std::string> keys;
    for (size_t i = 0; i <= kMetricLabelsMax; ++i) {
        keys.push_back("k" + std::to_string(i));
    }
    std::vector<MetricLabel> labels;
    for (size_t i = 0; i < kMetricLabelsMax; ++i) {
        labels.push_back({keys[i], "v"});
    }
    CHECK(canonical(labels) != "invalid");
    labels.push_back({keys.back(), "v"});
    CHECK(canonical(labels) == "invalid");
    const std::string fits(kMetricLabelTextBytesMax - 2, 'x');
    CHECK(canonical({{"k", fits}}) != "invalid");
    const std::string too_long(kMetricLabelTextBytesMax - 1, 'x');
    CHECK(canonical({{"k", too_long}}) == "invalid");
}

TEST_CASE("metric labels: a canonical text is read back, any other refused") {
    const auto labels = readCanonicalLabels("core=0,host=a");
    REQUIRE(labels);
    CHECK(labels.value() == std::vector<MetricLabel>{{"core", "0"}, {"host", "a"}});
    CHECK(readCanonicalLabels("").value().empty());
    const std::string longest = "k=" + std::string(kMetricLabelTextBytesMax - 2, 'x');
    CHECK(readCanonicalLabels(longest));
    CHECK_FALSE(readCanonicalLabels(longest + "x"));
    for (const char* text : {"host=a,core=0", "core", "core=", "=0", "core=0,", ",",
                             "core=0,core=0", "core=0=1", "name=x"}) {
        CAPTURE(text);
        CHECK_FALSE(readCanonicalLabels(text));
    }
}

TEST_CASE("metric labels: the hash is FNV-1a") {
    CHECK(static_cast<uint64_t>(fnv1a("")) == 0xcbf29ce484222325);
    CHECK(static_cast<uint64_t>(fnv1a("a")) == 0xaf63dc4c8601ec8c);
    CHECK(static_cast<uint64_t>(fnv1a("foobar")) == 0x85944171f73967e8);
}

}  // namespace
}  // namespace evd::wire
