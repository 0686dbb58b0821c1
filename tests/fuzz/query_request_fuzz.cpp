// evd_fuzz_links: evd_queryd_transport

// The query socket's door: a stream of bytes cut into frames, each body judged as a request. The
// first byte decides in which pieces the stream arrives.

#include "common/base/check.h"
#include "common/wire/frame.h"
#include "queryd/transport/query_request.h"

#include <algorithm>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size == 0) {
        return 0;
    }
    const size_t piece_bytes = data[0] % 64 + size_t{1};
    std::span<const uint8_t> stream(data + 1, size - 1);
    evd::wire::FrameDecoder decoder(1024);
    while (!stream.empty()) {
        const auto room = decoder.room();
        const size_t bytes = std::min({piece_bytes, stream.size(), room.size()});
        std::copy_n(stream.begin(), bytes, room.begin());
        decoder.received(bytes);
        stream = stream.subspan(bytes);
        while (true) {
            const auto body = decoder.next();
            if (!body.ok()) {
                return 0;
            }
            if (!body.value()) {
                break;
            }
            const auto request = evd::queryd::parseQueryRequest(*body.value());
            if (request.ok()) {
                EVD_CHECK(request.value().query.size() <= body.value()->size(),
                          "a query cannot be longer than its request");
            } else {
                EVD_CHECK(!request.error().text.empty(), "a refusal without a reason");
            }
        }
    }
    return 0;
}
