// evd_fuzz_links: evd_common_kmes evd_common_base

#include "common/kmes/event_header.h"

#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>

// Whatever a ring holds, a header that is accepted describes bytes that are there.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::span bytes(data, size);
    const auto header = evd::kmes::decodeEventHeader(bytes);
    evd::kmes::EventFrame frame;
    if (header.ok() != evd::kmes::readEventFrame(bytes, frame)) {
        std::abort();
    }
    if (!header.ok()) {
        return 0;
    }
    const auto type = evd::kmes::eventType(header.value(), bytes);
    const auto payload = evd::kmes::eventPayload(header.value(), bytes);
    if (evd::kmes::kEventHeaderBytes + type.size() + payload.size() > size ||
        frame.event_bytes > size) {
        std::abort();
    }
    std::array<uint8_t, evd::kmes::kEventHeaderBytes> again{};
    evd::kmes::encodeEventHeader(header.value(), again);
    if (std::memcmp(again.data(), data, again.size()) != 0) {
        std::abort();
    }
    return 0;
}
