#include "collector/kmesd/ring_name.h"

#include "common/base/text.h"

namespace evd::collector {

namespace {

constexpr std::string_view kProducer = "producer";
constexpr std::string_view kConsumer = "consumer";

}  // namespace

std::string ringPrefix(uint16_t cpu, uint64_t serial) {
    return base::cat("ring.", cpu, ".", serial, ".");
}

std::string formatRingName(const RingName& name) {
    return base::cat(ringPrefix(name.cpu, name.serial),
                     name.part == RingName::Part::Producer ? kProducer : kConsumer);
}

std::optional<RingName> parseRingName(std::string_view text) {
    const auto parts = base::split(text, '.');
    if (parts.size() != 4 || parts[0] != "ring" ||
        (parts[3] != kProducer && parts[3] != kConsumer)) {
        return std::nullopt;
    }
    const auto cpu = base::parseU64(parts[1]);
    const auto serial = base::parseU64(parts[2]);
    if (!cpu.ok() || !serial.ok() || cpu.value() >= kRingsMax || serial.value() == 0) {
        return std::nullopt;
    }
    RingName name;
    name.cpu = static_cast<uint16_t>(cpu.value());
    name.serial = serial.value();
    name.part = parts[3] == kProducer ? RingName::Part::Producer : RingName::Part::Consumer;
    // "ring.0.01.producer" would be a second name of one memory.
    return formatRingName(name) == text ? std::optional(name) : std::nullopt;
}

}  // namespace evd::collector
