#include "collector/ingest/metric_record.h"

#include "tests/unit/collector/ingest/ingest_fixture.h"

#include <doctest/doctest.h>
#include <limits>

namespace base = evd::base;
namespace collector = evd::collector;
namespace test = evd::test;
namespace wire = evd::wire;
using collector::Reject;
using wire::MetricType;

namespace {

constexpr int64_t kReceiptNs = 1'767'225'600'000'000'000;

struct Parsed {
    test::Bytes bytes;
    collector::MetricRecordParser parser;  // owns labels and histograms
    std::vector<wire::MetricSample> samples;
    collector::RejectCounts rejects;

    explicit Parsed(test::Bytes datagram) : bytes(std::move(datagram)) {
        parser.parse(bytes, kReceiptNs, samples, rejects);
    }
    explicit Parsed(std::string_view json) : Parsed(test::datagram(json)) {}
};

void checkDropped(std::string_view json, Reject reason) {
    CAPTURE(json);
    const Parsed parsed(json);
    CHECK(parsed.samples.empty());
    CHECK(test::only(parsed.rejects, reason) == 1);
}

void checkTaken(std::string_view json) {
    CAPTURE(json);
    const Parsed parsed(json);
    CHECK(parsed.samples.size() == 1);
    CHECK(parsed.rejects.total() == 0);
}

std::string gauge(std::string_view value) {
    return base::cat(R"({"name":"n","type":"gauge","value":)", value, "}");
}
std::string counter(std::string_view value) {
    return base::cat(R"({"name":"n","type":"counter","value":)", value, "}");
}
std::string labelled(std::string_view labels) {
    return base::cat(R"({"name":"n","type":"gauge","value":1,"labels":)", labels, "}");
}
std::string histogram(std::string_view boundaries, std::string_view counts,
                      std::string_view total = "9", std::string_view sum = "1.5") {
    return base::cat(R"({"name":"n","type":"histogram","value":{"boundaries":)", boundaries,
                     R"(,"counts":)", counts, R"(,"total_count":)", total, R"(,"sum":)", sum, "}}");
}

}  // namespace

TEST_CASE("metric record: a single map is one sample (Spec §6.2)") {
    const Parsed parsed(
        R"({"name":"cpu.usage","labels":{"host":"b","core":"0"},"type":"gauge","timestamp":5,
            "value":-1.5})");
    REQUIRE(parsed.samples.size() == 1);
    const auto& sample = parsed.samples[0];
    CHECK(sample.name == "cpu.usage");
    CHECK(sample.labels == "core=0,host=b");
    CHECK(sample.type == MetricType::Gauge);
    CHECK(sample.timestamp_ns == 5);
    CHECK(sample.value == -1.5);
    CHECK(sample.histogram == nullptr);
}

TEST_CASE("metric record: without a time it has that of its receipt, above 2^63-1 it is clamped") {
    CHECK(Parsed(gauge("1")).samples.at(0).timestamp_ns == kReceiptNs);
    CHECK(Parsed(R"({"name":"n","type":"gauge","value":1,"timestamp":18446744073709551615})")
              .samples.at(0)
              .timestamp_ns == std::numeric_limits<int64_t>::max());
}

TEST_CASE("metric record: integers and binary32 count as the number that is needed (Ruling L4)") {
    CHECK(Parsed(gauge("-3")).samples.at(0).value == -3);
    CHECK(Parsed(gauge("18446744073709551615")).samples.at(0).value == 18446744073709551615.0);
    CHECK(Parsed(gauge(R"({"$f32":1.5})")).samples.at(0).value == 1.5);
}

TEST_CASE(
    "metric record: counters are not negative, neither they nor gauges infinite (Ruling L2)") {
    checkTaken(counter("0"));
    checkTaken(counter("1e300"));
    checkDropped(counter("-1"), Reject::BadValue);
    checkDropped(counter("-0.001"), Reject::BadValue);
    checkTaken(gauge("-1e300"));
    for (const char* value : {"nan", "inf", "-inf"}) {
        const std::string number = base::cat(R"({"$float":")", value, "\"}");
        checkDropped(counter(number), Reject::BadValue);
        checkDropped(gauge(number), Reject::BadValue);
    }
}

TEST_CASE("metric record: required fields must be there and have their types") {
    checkDropped(R"({"type":"gauge","value":1})", Reject::MissingField);
    checkDropped(R"({"name":"n","value":1})", Reject::MissingField);
    checkDropped(R"({"name":"n","type":"gauge"})", Reject::MissingField);
    for (const char* value : {"1", "null", "true", "[]", "{}", R"({"$binary":"61"})"}) {
        checkDropped(base::cat(R"({"name":)", value, R"(,"type":"gauge","value":1})"),
                     Reject::WrongType);
        checkDropped(base::cat(R"({"name":"n","type":)", value, R"(,"value":1})"),
                     Reject::WrongType);
    }
    checkDropped(R"({"name":"n","type":"summary","value":1})", Reject::BadValue);
    checkDropped(R"({"name":"n","type":"Gauge","value":1})", Reject::BadValue);
    for (const char* value : {"null", "true", "\"1\"", "[1]"}) {
        checkDropped(gauge(value), Reject::WrongType);
    }
}

TEST_CASE("metric record: an optional field of a wrong type drops the record (Ruling L4)") {
    for (const char* value : {"-1", "1.5", "null", "\"now\"", "[]", "{}"}) {
        checkDropped(base::cat(R"({"name":"n","type":"gauge","value":1,"timestamp":)", value, "}"),
                     Reject::WrongType);
    }
    for (const char* value : {"null", "1", "\"a=b\"", "[]"}) {
        checkDropped(labelled(value), Reject::WrongType);
    }
}

TEST_CASE("metric record: a name is text of 1 to 4096 bytes") {
    const auto named = [](size_t bytes) {
        return base::cat(R"({"name":")", std::string(bytes, 'n'), R"(","type":"gauge","value":1})");
    };
    checkDropped(named(0), Reject::BadText);
    checkTaken(named(1));
    checkTaken(named(4096));
    checkDropped(named(4097), Reject::BadText);
    checkDropped(R"({"name":{"$raw":"a1ff"},"type":"gauge","value":1})", Reject::BadText);
}

TEST_CASE("metric record: labels are texts that can be written in their canonical form") {
    checkTaken(labelled("{}"));
    checkTaken(labelled(R"({"a":"1","b":"ö"})"));
    for (const char* labels :
         {R"({"a":""})", R"({"":"1"})", R"({"a=b":"1"})", R"({"a":"1,2"})", R"({"a":"=","b":"1"})",
          R"({"a":1})", R"({"a":null})", R"({"a":["1"]})", R"({"a":{"b":"c"}})",
          R"({"$map":[[1,"1"]]})", R"({"$map":[["a","1"],["a","2"]]})", R"({"a":{"$raw":"a1ff"}})",
          R"({"name":"x"})", R"({"type":"x"})", R"({"value":"x"})", R"({"timestamp":"x"})",
          R"({"boot_id":"x"})"}) {
        checkDropped(labelled(labels), Reject::BadLabels);
    }
}

TEST_CASE("metric record: a series has at most 64 labels of 16384 bytes") {
    const auto many = [](size_t count) {
        std::string labels = "{";
        for (size_t i = 0; i < count; ++i) {
            labels += base::cat(i == 0 ? "" : ",", "\"k", i, "\":\"v\"");
        }
        return labelled(labels + "}");
    };
    checkTaken(many(63));
    checkTaken(many(64));
    checkDropped(many(65), Reject::BadLabels);
    const auto longLabel = [](size_t bytes) {  // of k= and the value
        return labelled(base::cat(R"({"k":")", std::string(bytes - 2, 'v'), "\"}"));
    };
    checkTaken(longLabel(16384));
    checkDropped(longLabel(16385), Reject::BadLabels);
}

TEST_CASE("metric record: a histogram has bounds, counts, total and sum") {
    const Parsed parsed(histogram("[1,2.5]", "[3,7]"));
    REQUIRE(parsed.samples.size() == 1);
    REQUIRE(parsed.samples[0].histogram != nullptr);
    CHECK(*parsed.samples[0].histogram == wire::Histogram{{1, 2.5}, {3, 7}, 9, 1.5});
    checkTaken(histogram("[]", "[]"));
    checkTaken(histogram("[1]", "[9]"));
    checkTaken(histogram("[-1,0]", "[0,0]", "0", "-3"));
}

TEST_CASE("metric record: whatever is no histogram is dropped (Spec §6.2, Ruling L2)") {
    const std::string bad[] = {
        histogram("[1]", "[1,2]"),
        histogram("[1,2]", "[1]"),
        histogram("[2,1]", "[1,2]"),
        histogram("[1,1]", "[1,2]"),
        histogram("[1,2]", "[2,1]"),
        histogram("[1]", "[10]"),
        histogram("[1]", "[-1]"),
        histogram("[1]", "[1.0]"),
        histogram("[\"1\"]", "[1]"),
        histogram("[[1]]", "[1]"),
        histogram("1", "[1]"),
        histogram("[1]", "{\"a\":1}"),
        histogram(R"([{"$float":"inf"}])", "[1]"),
        histogram(R"([{"$float":"nan"}])", "[1]"),
        histogram("[1]", "[1]", "-1"),
        histogram("[1]", "[1]", "1.5"),
        histogram("[1]", "[1]", "9", R"({"$float":"nan"})"),
        histogram("[1]", "[1]", "9", "null"),
        histogram("[1]", "[1]", "[9]"),
        R"({"name":"n","type":"histogram","value":{"boundaries":[1],"counts":[1],"sum":1}})",
        R"({"name":"n","type":"histogram","value":{}})",
        R"({"name":"n","type":"histogram","value":{"$map":[["boundaries",[1]],["counts",[1]],
            ["total_count",1],["sum",1],["sum",1]]}})",
    };
    for (const auto& json : bad) {
        checkDropped(json, Reject::BadHistogram);
    }
}

TEST_CASE("metric record: unknown keys are passed over, in a histogram too") {
    checkTaken(R"({"name":"n","unit":"s","type":"gauge","value":1})");
    checkTaken(R"({"name":"n","type":"histogram","value":{"x":[{}],"boundaries":[1],"counts":[1],
                   "total_count":1,"sum":1}})");
}

TEST_CASE("metric record: type and value must go together, whichever comes first") {
    checkDropped(R"({"name":"n","type":"histogram","value":1})", Reject::WrongType);
    checkDropped(R"({"value":1,"name":"n","type":"histogram"})", Reject::WrongType);
    checkDropped(
        R"({"value":{"boundaries":[],"counts":[],"total_count":0,"sum":0},"name":"n",
            "type":"gauge"})",
        Reject::WrongType);
    checkTaken(
        R"({"value":{"boundaries":[],"counts":[],"total_count":0,"sum":0},"name":"n",
            "type":"histogram"})");
}

TEST_CASE("metric record: a histogram has at most 4096 buckets") {
    const auto buckets = [](size_t count) {
        std::string boundaries = "[";
        std::string counts = "[";
        for (size_t i = 0; i < count; ++i) {
            boundaries += base::cat(i == 0 ? "" : ",", i);
            counts += i == 0 ? "0" : ",0";
        }
        return histogram(boundaries + "]", counts + "]");
    };
    checkTaken(buckets(4096));
    checkDropped(buckets(4097), Reject::BadHistogram);
}

TEST_CASE("metric record: many samples of a datagram keep labels and histograms of their own") {
    std::string json = "[";
    for (int i = 0; i < 200; ++i) {
        json += base::cat(i == 0 ? "" : ",", R"({"name":"h","type":"histogram","labels":{"i":")", i,
                          R"("},"value":{"boundaries":[)", i,
                          R"(],"counts":[0],"total_count":0,"sum":0}})");
    }
    const Parsed parsed(json + "]");
    REQUIRE(parsed.samples.size() == 200);
    for (size_t i = 0; i < 200; ++i) {
        CHECK(parsed.samples[i].labels == base::cat("i=", i));
        CHECK(parsed.samples[i].histogram->boundaries == std::vector<double>{double(i)});
    }
}

TEST_CASE("metric record: each record of an array is judged by itself") {
    const Parsed parsed(base::cat("[", gauge("1"), ",7,", counter("-1"), ",",
                                  histogram("[2,1]", "[1,2]"), ",", gauge("2"), "]"));
    CHECK(parsed.samples.size() == 2);
    CHECK(parsed.rejects.of(Reject::NotRecord) == 1);
    CHECK(parsed.rejects.of(Reject::BadValue) == 1);
    CHECK(parsed.rejects.of(Reject::BadHistogram) == 1);
}

TEST_CASE("metric record: what is not msgpack or has bytes behind it spoils the whole datagram") {
    const auto good = test::datagram(base::cat("[", gauge("1"), ",", histogram("[1,2]", "[1,2]"),
                                               ",", labelled(R"({"a":"1"})"), "]"));
    for (size_t cut = 0; cut < good.size(); ++cut) {
        const Parsed parsed(test::Bytes(good.begin(), good.begin() + static_cast<long>(cut)));
        CHECK(parsed.samples.empty());
        CHECK(test::only(parsed.rejects, Reject::Malformed) == 1);
    }
    auto longer = good;
    longer.push_back(0);
    CHECK(test::only(Parsed(longer).rejects, Reject::TrailingBytes) == 1);
    checkDropped("7", Reject::NotRecord);
    checkDropped("\"n\"", Reject::NotRecord);
}

TEST_CASE("metric record: a key that comes twice drops the record (Ruling L1)") {
    checkDropped(R"({"$map":[["name","n"],["type","gauge"],["value",1],["value",2]]})",
                 Reject::DuplicateKey);
    checkDropped(R"({"$map":[["name","n"],["type","gauge"],["value",1],["x",1],["x",2]]})",
                 Reject::DuplicateKey);
}
