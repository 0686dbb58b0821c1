#include "collector/ingest/histogram_value.h"

#include "collector/ingest/token_value.h"
#include "common/wire/histogram.h"

#include <string_view>

namespace evd::collector {

namespace {

using wire::asCount;
using wire::asDouble;
using wire::MsgpackKind;
using wire::MsgpackReader;
using wire::MsgpackToken;

// Reads the values of a histogram's keys. Each read answers false when the bytes are not msgpack;
// what else may be wrong is remembered.
class HistogramFields {
  public:
    HistogramFields(MsgpackReader& reader, wire::Histogram& out) : reader_(reader), out_(out) {}

    bool readPair() {
        const auto key = reader_.next();
        if (!key.ok()) {
            return false;
        }
        if (key.value().kind != MsgpackKind::Text) {
            is_good_ = false;
            return skipRest(reader_, key.value()) && reader_.skip(kValueDepthMax).ok();
        }
        return readValue(key.value().bytes);
    }
    bool isComplete() const { return is_good_ && seen_ == 0b1111; }

  private:
    bool readValue(std::string_view key) {
        if (key == "boundaries") {
            return markSeen(0b0001) ? readNumbers(out_.boundaries, asDouble) : skip();
        }
        if (key == "counts") {
            return markSeen(0b0010) ? readNumbers(out_.counts, asCount) : skip();
        }
        if (key == "total_count") {
            return markSeen(0b0100) ? readNumber(out_.total_count, asCount) : skip();
        }
        if (key == "sum") {
            return markSeen(0b1000) ? readNumber(out_.sum, asDouble) : skip();
        }
        return skip();
    }

    bool skip() { return reader_.skip(kValueDepthMax).ok(); }

    bool markSeen(unsigned bit) {
        const bool is_new = (seen_ & bit) == 0;
        is_good_ = is_good_ && is_new;
        seen_ |= bit;
        return is_new;
    }

    template <typename Number>
    bool readNumber(Number& out, std::optional<Number> (*convert)(const MsgpackToken&)) {
        const auto token = reader_.next();
        if (!token.ok()) {
            return false;
        }
        const auto number = convert(token.value());
        is_good_ = is_good_ && number.has_value();
        out = number.value_or(Number{});
        return skipRest(reader_, token.value());
    }

    template <typename Number>
    bool readNumbers(std::vector<Number>& out,
                     std::optional<Number> (*convert)(const MsgpackToken&)) {
        const auto array = reader_.next();
        if (!array.ok()) {
            return false;
        }
        if (array.value().kind != MsgpackKind::Array ||
            array.value().count > wire::kHistogramBucketsMax) {
            is_good_ = false;
            return skipRest(reader_, array.value());
        }
        for (uint32_t i = 0; i < array.value().count; ++i) {
            Number number{};
            if (!readNumber(number, convert)) {
                return false;
            }
            out.push_back(number);
        }
        return true;
    }

    MsgpackReader& reader_;
    wire::Histogram& out_;
    unsigned seen_ = 0;
    bool is_good_ = true;
};

}  // namespace

HistogramOutcome readHistogramValue(MsgpackReader& reader, wire::Histogram& out) {
    out.boundaries.clear();
    out.counts.clear();
    const auto map = reader.next();
    if (!map.ok() || map.value().kind != MsgpackKind::Map) {
        return HistogramOutcome::Malformed;
    }
    HistogramFields fields(reader, out);
    for (uint32_t i = 0; i < map.value().count; ++i) {
        if (!fields.readPair()) {
            return HistogramOutcome::Malformed;
        }
    }
    const bool is_good = fields.isComplete() && wire::checkHistogram(out).ok();
    return is_good ? HistogramOutcome::Good : HistogramOutcome::Bad;
}

}  // namespace evd::collector
