#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace evd::collector {

inline constexpr uint16_t kRingsMax = 1024;

// What a memory of kmesd is called while the supervisor keeps it for us (Ruling K6):
//
//     ring.<cpu>.<serial>.producer      producer page and data of one ring
//     ring.<cpu>.<serial>.consumer      its consumer page
//     ring.counters                     the next sequence number of every cpu
//
// The serial is the ring's generation, or a greater number where a damaged memory of that
// generation had to be replaced. Every part ends in a dot or at the end of the name, so that a
// prefix up to a dot names exactly one ring. Values and pure functions.
struct RingName {
    enum class Part { Producer, Consumer };
    uint16_t cpu = 0;
    uint64_t serial = 0;
    Part part = Part::Producer;
};

inline constexpr std::string_view kCountersName = "ring.counters";

std::string formatRingName(const RingName& name);
// Both memories of one ring, for SupervisorLink::unpark.
std::string ringPrefix(uint16_t cpu, uint64_t serial);
// Nothing for any name that formatRingName does not make.
std::optional<RingName> parseRingName(std::string_view text);

}  // namespace evd::collector
