#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace evd::collector {

inline constexpr uint32_t kForkWhat = 0x1;
inline constexpr uint32_t kExecWhat = 0x2;
inline constexpr uint32_t kUidWhat = 0x4;
inline constexpr uint32_t kGidWhat = 0x40;
inline constexpr uint32_t kCommWhat = 0x200;
inline constexpr uint32_t kExitWhat = 0x80000000;

// What the kernel sends for one event: netlink header (16), connector header (20), event: what,
// cpu, timestamp, then the fields, then a name of sixteen bytes when there is one.
inline std::vector<uint8_t> connectorMessage(uint32_t what, const std::vector<uint32_t>& fields,
                                             std::string_view name = {}) {
    std::vector<uint8_t> bytes;
    const auto put = [&bytes](uint64_t value, int size) {
        for (int i = 0; i < size; ++i) {
            bytes.push_back(i < 8 ? static_cast<uint8_t>(value >> 8 * i) : uint8_t{0});
        }
    };
    const size_t event_bytes = 16 + 4 * fields.size() + (name.empty() ? 0 : 16);
    put(36 + event_bytes, 4);
    put(3, 2);   // NLMSG_DONE
    put(0, 10);  // flags, sequence, port
    put(1, 4);   // CN_IDX_PROC
    put(1, 4);   // CN_VAL_PROC
    put(0, 8);   // sequence, ack
    put(event_bytes, 2);
    put(0, 2);  // flags
    put(what, 4);
    put(0, 12);  // cpu, timestamp
    for (const uint32_t field : fields) {
        put(field, 4);
    }
    for (const char letter : name) {
        put(static_cast<uint8_t>(letter), 1);
    }
    put(0, static_cast<int>(36 + event_bytes - bytes.size()));
    return bytes;
}

}  // namespace evd::collector
