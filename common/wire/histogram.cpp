#include "common/wire/histogram.h"

#include "common/base/text.h"
#include "common/wire/metric_labels.h"
#include "common/wire/msgpack_number.h"

#include <bit>
#include <cmath>
#include <optional>

namespace evd::wire {

namespace {

using base::ErrorKind;

template <typename Number>
base::Result<Number> readNumber(MsgpackReader& reader,
                                std::optional<Number> (*convert)(const MsgpackToken&)) {
    const auto token = reader.next();
    if (!token) {
        return token.error();
    }
    const auto number = convert(token.value());
    if (!number) {
        return base::fail(ErrorKind::Invalid, "a histogram holds something else than numbers");
    }
    return *number;
}

template <typename Number>
base::Result<void> readNumbers(MsgpackReader& reader, std::vector<Number>& out,
                               std::optional<Number> (*convert)(const MsgpackToken&)) {
    const auto array = reader.next();
    if (!array) {
        return array.error();
    }
    if (array.value().kind != MsgpackKind::Array || array.value().count > kHistogramBucketsMax) {
        return base::fail(ErrorKind::Invalid, "a histogram without an array of fair size");
    }
    out.reserve(array.value().count);
    for (uint32_t i = 0; i < array.value().count; ++i) {
        auto number = readNumber(reader, convert);
        if (!number) {
            return number.error();
        }
        out.push_back(number.value());
    }
    return {};
}

// Reads the value of one key; each key at most once.
class FieldReader {
  public:
    FieldReader(MsgpackReader& reader, Histogram& histogram)
        : reader_(reader), histogram_(histogram) {}

    base::Result<void> read(std::string_view key) {
        if (key == "boundaries" && markSeen(1)) {
            return readNumbers(reader_, histogram_.boundaries, asDouble);
        }
        if (key == "counts" && markSeen(2)) {
            return readNumbers(reader_, histogram_.counts, asCount);
        }
        if (key == "total_count" && markSeen(4)) {
            return assign(histogram_.total_count, readNumber(reader_, asCount));
        }
        if (key == "sum" && markSeen(8)) {
            return assign(histogram_.sum, readNumber(reader_, asDouble));
        }
        return base::fail(ErrorKind::Invalid, "a histogram with an unknown or doubled key");
    }
    bool isComplete() const { return seen_ == 15; }

  private:
    bool markSeen(unsigned bit) {
        const bool is_new = (seen_ & bit) == 0;
        seen_ |= bit;
        return is_new;
    }
    template <typename Number>
    static base::Result<void> assign(Number& field, const base::Result<Number>& number) {
        if (!number) {
            return number.error();
        }
        field = number.value();
        return {};
    }

    MsgpackReader& reader_;
    Histogram& histogram_;
    unsigned seen_ = 0;
};

}  // namespace

base::Result<void> checkHistogram(const Histogram& histogram) {
    if (histogram.boundaries.size() != histogram.counts.size()) {
        return base::fail(ErrorKind::Invalid,
                          "a histogram with as many bounds as counts is needed");
    }
    if (histogram.boundaries.size() > kHistogramBucketsMax) {
        return base::fail(ErrorKind::Invalid, "too many buckets");
    }
    if (!std::isfinite(histogram.sum)) {
        return base::fail(ErrorKind::Invalid, "the sum of a histogram is not finite");
    }
    for (size_t i = 0; i < histogram.boundaries.size(); ++i) {
        const bool ascends = i == 0 || (histogram.boundaries[i - 1] < histogram.boundaries[i] &&
                                        histogram.counts[i - 1] <= histogram.counts[i]);
        if (!std::isfinite(histogram.boundaries[i]) || !ascends ||
            histogram.counts[i] > histogram.total_count) {
            return base::fail(ErrorKind::Invalid, "bounds or counts of a histogram do not ascend");
        }
    }
    return {};
}

void writeHistogram(const Histogram& histogram, std::vector<uint8_t>& out) {
    out.clear();
    MsgpackWriter writer(out);
    writer.mapHeader(4);
    writer.text("boundaries");
    writer.arrayHeader(static_cast<uint32_t>(histogram.boundaries.size()));
    for (const double boundary : histogram.boundaries) {
        writer.floating(boundary);
    }
    writer.text("counts");
    writer.arrayHeader(static_cast<uint32_t>(histogram.counts.size()));
    for (const uint64_t count : histogram.counts) {
        writer.unsignedInteger(count);
    }
    writer.text("total_count");
    writer.unsignedInteger(histogram.total_count);
    writer.text("sum");
    writer.floating(histogram.sum);
}

base::Result<Histogram> readHistogram(std::span<const uint8_t> bytes) {
    MsgpackReader reader(bytes);
    const auto map = reader.next();
    if (!map) {
        return map.error();
    }
    if (map.value().kind != MsgpackKind::Map || map.value().count != 4) {
        return base::fail(ErrorKind::Invalid, "a histogram is a map of four");
    }
    Histogram histogram;
    FieldReader fields(reader, histogram);
    for (uint32_t i = 0; i < map.value().count; ++i) {
        const auto key = reader.next();
        if (!key) {
            return key.error();
        }
        if (key.value().kind != MsgpackKind::Text) {
            return base::fail(ErrorKind::Invalid, "a histogram with an unknown or doubled key");
        }
        EVD_TRY(fields.read(key.value().bytes));
    }
    if (!fields.isComplete() || !reader.atEnd()) {
        return base::fail(ErrorKind::Invalid, "a histogram is incomplete");
    }
    const auto checked = checkHistogram(histogram);
    if (!checked) {
        return checked.error();
    }
    return histogram;
}

int64_t boundariesHash(std::span<const double> boundaries) {
    std::string bytes;
    bytes.reserve(boundaries.size() * sizeof(uint64_t));
    for (const double boundary : boundaries) {
        const auto bits = std::bit_cast<uint64_t>(boundary + 0.0);
        for (unsigned shift = 0; shift < 64; shift += 8) {
            bytes += static_cast<char>(bits >> shift);
        }
    }
    return fnv1a(bytes);
}

}  // namespace evd::wire
