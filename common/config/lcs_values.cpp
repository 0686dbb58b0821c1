#include "common/config/lcs_values.h"

#include "common/base/text.h"
#include "common/config/lcs_calls.h"

#include <cstring>
#include <string_view>
#include <utility>

namespace evd::config {

namespace {

// Walks over the buffer; every take fails once one has.
class Bytes {
  public:
    explicit Bytes(std::span<const uint8_t> rest) : rest_(rest) {}

    uint32_t takeNumber() {
        uint32_t number = 0;
        const auto bytes = take(sizeof(number));
        if (bytes.size() == sizeof(number)) {
            std::memcpy(&number, bytes.data(), sizeof(number));
        }
        return number;
    }
    std::span<const uint8_t> take(size_t count) {
        if (failed_ || count > rest_.size()) {
            failed_ = true;
            return {};
        }
        const auto taken = rest_.first(count);
        rest_ = rest_.subspan(count);
        return taken;
    }
    bool failed() const { return failed_; }
    bool done() const { return rest_.empty(); }

  private:
    std::span<const uint8_t> rest_;
    bool failed_ = false;
};

ReadLcsValue unreadable(ValueType type, std::string reason) {
    return {type, std::nullopt, std::move(reason)};
}

ReadLcsValue readText(ValueType type, std::string_view bytes) {
    if (bytes.ends_with('\0')) {
        bytes.remove_suffix(1);  // Described, and not enforced: both are met.
    }
    if (!base::isUtf8(bytes) || bytes.find('\0') != std::string_view::npos) {
        return unreadable(type, "is no text: not UTF-8, or with a NUL inside");
    }
    return {type, SettingValue(std::string(bytes)), ""};
}

ReadLcsValue readList(std::string_view bytes) {
    if (!base::isUtf8(bytes)) {
        return unreadable(ValueType::Multi, "is no list of texts: not UTF-8");
    }
    std::vector<std::string> items;
    while (!bytes.empty()) {
        const size_t end = bytes.find('\0');
        const std::string_view item = bytes.substr(0, end);
        bytes.remove_prefix(end == std::string_view::npos ? bytes.size() : end + 1);
        if (item.empty()) {
            break;
        }
        items.emplace_back(item);
    }
    if (!bytes.empty()) {
        return unreadable(ValueType::Multi, "is no list of texts: it goes on behind its end");
    }
    return {ValueType::Multi, SettingValue(std::move(items)), ""};
}

ReadLcsValue readNumber(ValueType type, std::span<const uint8_t> bytes, size_t width) {
    if (bytes.size() != width) {
        return unreadable(type, base::cat("has ", bytes.size(), " bytes, its type needs ", width));
    }
    uint64_t number = 0;
    std::memcpy(&number, bytes.data(), width);  // little-endian, as we are
    return {type, SettingValue(number), ""};
}

}  // namespace

std::optional<std::vector<LcsValue>> parseLcsValues(std::span<const uint8_t> bytes,
                                                    uint32_t count) {
    std::vector<LcsValue> values;
    Bytes rest(bytes);
    while (!rest.done() && values.size() < count) {
        LcsValue value;
        value.name = base::asText(rest.take(rest.takeNumber()));
        value.type = rest.takeNumber();
        const auto data = rest.take(rest.takeNumber());
        if (rest.failed()) {
            return std::nullopt;
        }
        value.data.assign(data.begin(), data.end());
        values.push_back(std::move(value));
    }
    return rest.done() && values.size() == count ? std::optional(std::move(values)) : std::nullopt;
}

ReadLcsValue readLcsValue(const LcsValue& value) {
    if (value.data.size() > kLcsValueBytesMax) {
        return unreadable(ValueType::Binary,
                          base::cat("has more than ", kLcsValueBytesMax, " bytes"));
    }
    switch (value.type) {
        case kLcsSz:
            return readText(ValueType::Sz, base::asText(value.data));
        case kLcsExpandSz:
            return readText(ValueType::Expand, base::asText(value.data));
        case kLcsBinary:
            return {ValueType::Binary, SettingValue(value.data), ""};
        case kLcsDword:
            return readNumber(ValueType::Dword, value.data, sizeof(uint32_t));
        case kLcsMultiSz:
            return readList(base::asText(value.data));
        case kLcsQword:
            return readNumber(ValueType::Qword, value.data, sizeof(uint64_t));
        default:
            break;
    }
    return unreadable(ValueType::Sz, base::cat("is of the type ", value.type,
                                               ", and not sz, multi, dword, qword or binary"));
}

}  // namespace evd::config
