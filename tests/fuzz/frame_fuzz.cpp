// evd_fuzz_links: evd_common_wire
// The same stream gives the same frames however it is cut into reads.

#include "common/base/check.h"
#include "common/wire/frame.h"

#include <algorithm>

namespace {

constexpr size_t kBodyBytesMax = 300;

std::vector<std::vector<uint8_t>> decode(std::span<const uint8_t> stream, size_t step) {
    evd::wire::FrameDecoder decoder(kBodyBytesMax);
    std::vector<std::vector<uint8_t>> bodies;
    for (size_t at = 0; at < stream.size(); at += step) {
        const auto part = stream.subspan(at, std::min(step, stream.size() - at));
        const auto room = decoder.room();
        std::copy(part.begin(), part.end(), room.begin());
        decoder.received(part.size());
        while (true) {
            const auto body = decoder.next();
            if (!body.ok()) {
                return bodies;
            }
            if (!body.value().has_value()) {
                break;
            }
            bodies.emplace_back(body.value()->begin(), body.value()->end());
        }
    }
    return bodies;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::span<const uint8_t> stream(data, size);
    EVD_CHECK(decode(stream, 1) == decode(stream, evd::wire::kFrameReadBytes),
              "frames do not depend on how the bytes arrive");
    return 0;
}
