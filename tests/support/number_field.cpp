#include "tests/support/number_field.h"

#include <cstddef>
#include <optional>

namespace evd::test {

namespace {

// Takes values off the front of the bytes; of containers only the map that the bytes are.
class FlatMapReader {
  public:
    explicit FlatMapReader(std::span<const uint8_t> bytes) : bytes_(bytes) {}

    // The number of pairs that follow; 0 when it is no map.
    uint64_t mapHeader() {
        const uint8_t lead = take();
        return (lead & 0xf0U) == 0x80         ? lead & 0x0fU
               : lead == 0xde || lead == 0xdf ? bigEndian(lead == 0xde ? 2 : 4)
                                              : 0;
    }

    struct Value {
        uint64_t number = 0;                // of integers that are not less than 0
        std::span<const uint8_t> contents;  // of texts and bytes
    };
    // Nothing when it is a container or cut off.
    std::optional<Value> value() {
        const uint8_t lead = take();
        Value value;
        if (lead <= 0x7f) {
            value.number = lead;
        } else if ((lead & 0xe0U) == 0xa0) {
            value.contents = takeBytes(lead & 0x1fU);
        } else if (lead >= 0xc4 && lead <= 0xc6) {  // bytes
            value.contents = takeBytes(bigEndian(size_t{1} << (lead - 0xc4U)));
        } else if (lead >= 0xd9 && lead <= 0xdb) {  // texts
            value.contents = takeBytes(bigEndian(size_t{1} << (lead - 0xd9U)));
        } else if (lead >= 0xcc && lead <= 0xcf) {  // unsigned ones
            value.number = bigEndian(size_t{1} << (lead - 0xccU));
        } else if (lead >= 0xd0 && lead <= 0xd3) {  // signed ones
            const size_t size = size_t{1} << (lead - 0xd0U);
            const uint64_t bits = bigEndian(size);
            value.number = (bits >> (8 * size - 1)) != 0 ? 0 : bits;
        } else if (lead == 0xca || lead == 0xcb) {  // floating point
            takeBytes(lead == 0xca ? 4 : 8);
        } else if (lead != 0xc0 && lead != 0xc2 && lead != 0xc3 && lead < 0xe0) {
            return std::nullopt;
        }
        return is_cut_off_ ? std::nullopt : std::optional(value);
    }

  private:
    std::span<const uint8_t> takeBytes(uint64_t count) {
        is_cut_off_ = is_cut_off_ || count > bytes_.size();
        const auto taken = bytes_.first(is_cut_off_ ? 0 : count);
        bytes_ = bytes_.subspan(taken.size());
        return taken;
    }
    uint64_t bigEndian(size_t size) {
        uint64_t number = 0;
        for (const uint8_t byte : takeBytes(size)) {
            number = number << 8U | byte;
        }
        return number;
    }
    uint8_t take() { return static_cast<uint8_t>(bigEndian(1)); }

    std::span<const uint8_t> bytes_;
    bool is_cut_off_ = false;
};

}  // namespace

uint64_t numberField(std::span<const uint8_t> map, std::string_view name) {
    FlatMapReader reader(map);
    for (uint64_t pairs = reader.mapHeader(); pairs > 0; --pairs) {
        const auto key = reader.value();
        const auto value = reader.value();
        if (!key || !value) {
            return 0;
        }
        if (std::string_view(reinterpret_cast<const char*>(key->contents.data()),
                             key->contents.size()) == name) {
            return value->number;
        }
    }
    return 0;
}

}  // namespace evd::test
