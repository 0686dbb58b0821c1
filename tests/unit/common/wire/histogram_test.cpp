#include "common/wire/histogram.h"

#include "common/wire/msgpack.h"

#include <doctest/doctest.h>

#include <functional>
#include <limits>

namespace evd::wire {
namespace {

Histogram sample() {
    return {{0.1, 1, 10}, {3, 7, 9}, 10, 42.5};
}

std::vector<uint8_t> bytesOf(const std::function<void(MsgpackWriter&)>& write) {
    std::vector<uint8_t> out;
    MsgpackWriter writer(out);
    write(writer);
    return out;
}

TEST_CASE("histogram: what is written is read back") {
    std::vector<uint8_t> bytes;
    writeHistogram(sample(), bytes);
    const auto read = readHistogram(bytes);
    REQUIRE(read);
    CHECK(read.value() == sample());
    writeHistogram({}, bytes);
    CHECK(readHistogram(bytes).value() == Histogram{});
}

TEST_CASE("histogram: bounds ascend strictly, counts do not fall and none is above the total") {
    CHECK(checkHistogram(sample()));
    const auto broken = [](const std::function<void(Histogram&)>& breakIt) {
        Histogram histogram = sample();
        breakIt(histogram);
        return !checkHistogram(histogram).ok();
    };
    CHECK(broken([](Histogram& h) { h.counts.pop_back(); }));
    CHECK(broken([](Histogram& h) { h.boundaries[1] = 0.1; }));
    CHECK(broken([](Histogram& h) { h.boundaries[2] = std::numeric_limits<double>::infinity(); }));
    CHECK(broken([](Histogram& h) { h.boundaries[0] = std::numeric_limits<double>::quiet_NaN(); }));
    CHECK(broken([](Histogram& h) { h.counts[0] = 8; }));
    CHECK(broken([](Histogram& h) { h.total_count = 8; }));
    CHECK(broken([](Histogram& h) { h.sum = std::numeric_limits<double>::infinity(); }));
}

TEST_CASE("histogram: buckets at the limit and above") {
    Histogram histogram;
    for (size_t i = 0; i < kHistogramBucketsMax; ++i) {
        histogram.boundaries.push_back(static_cast<double>(i));
        histogram.counts.push_back(i);
    }
    histogram.total_count = kHistogramBucketsMax;
    std::vector<uint8_t> bytes;
    writeHistogram(histogram, bytes);
    CHECK(readHistogram(bytes));
    histogram.boundaries.push_back(1e9);
    histogram.counts.push_back(kHistogramBucketsMax);
    CHECK_FALSE(checkHistogram(histogram));
    writeHistogram(histogram, bytes);
    CHECK_FALSE(readHistogram(bytes));
}

TEST_CASE("histogram: foreign bytes are refused") {
    std::vector<uint8_t> bytes;
    writeHistogram(sample(), bytes);
    for (size_t size = 0; size < bytes.size(); ++size) {
        CHECK_FALSE(readHistogram(std::span(bytes).first(size)));
    }
    bytes.push_back(0xC0);
    CHECK_FALSE(readHistogram(bytes));
    CHECK_FALSE(readHistogram(bytesOf([](MsgpackWriter& w) { w.text("boundaries"); })));
    // All four keys, but one count is a text; and all is well formed, but it is no histogram.
    const auto written = [](bool is_text, int total) {
        return bytesOf([&](MsgpackWriter& w) {
            w.mapHeader(4);
            w.text("sum");
            w.integer(1);
            w.text("total_count");
            w.integer(total);
            w.text("boundaries");
            w.arrayHeader(1);
            w.integer(5);
            w.text("counts");
            w.arrayHeader(1);
            is_text ? w.text("1") : w.integer(1);
        });
    };
    CHECK(readHistogram(written(false, 1)));
    CHECK_FALSE(readHistogram(written(true, 1)));
    CHECK_FALSE(readHistogram(written(false, 0)));
    CHECK_FALSE(readHistogram(bytesOf([](MsgpackWriter& w) {
        w.mapHeader(4);
        w.integer(1);
    })));
    // A key twice.
    CHECK_FALSE(readHistogram(bytesOf([](MsgpackWriter& w) {
        w.mapHeader(4);
        for (int i = 0; i < 4; ++i) {
            w.text("sum");
            w.floating(1);
        }
    })));
}

TEST_CASE("histogram: integers count as floats") {
    const auto read = readHistogram(bytesOf([](MsgpackWriter& w) {
        w.mapHeader(4);
        w.text("sum");
        w.integer(-3);
        w.text("total_count");
        w.integer(1);
        w.text("counts");
        w.arrayHeader(1);
        w.integer(1);
        w.text("boundaries");
        w.arrayHeader(1);
        w.integer(5);
    }));
    REQUIRE(read);
    CHECK(read.value() == Histogram{{5}, {1}, 1, -3});
}

TEST_CASE("histogram: the hash tells bounds apart and nothing else") {
    CHECK(boundariesHash(std::vector<double>{1, 2}) == boundariesHash(std::vector<double>{1, 2}));
    CHECK(boundariesHash(std::vector<double>{1, 2}) != boundariesHash(std::vector<double>{1, 3}));
    CHECK(boundariesHash(std::vector<double>{1}) != boundariesHash(std::vector<double>{1, 2}));
    CHECK(boundariesHash(std::vector<double>{0.0}) == boundariesHash(std::vector<double>{-0.0}));
}

}  // namespace
}  // namespace evd::wire
