// evd_fuzz_links: evd_common_kmes evd_common_base

#include "common/kmes/kmes_protocol.h"

#include <cstdint>
#include <cstdlib>
#include <variant>
#include <vector>

namespace kmes = evd::kmes;

namespace {

std::vector<uint8_t> encodeAgain(const kmes::KmesRequest& request) {
    if (const auto* attach = std::get_if<kmes::AttachRequest>(&request)) {
        return kmes::encodeAttach(attach->cpu);
    }
    if (const auto* emit = std::get_if<kmes::EmitRequest>(&request)) {
        return kmes::encodeEmit(emit->entry);
    }
    if (const auto* batch = std::get_if<kmes::EmitBatchRequest>(&request)) {
        return kmes::encodeEmitBatch(batch->entries);
    }
    return kmes::encodeResize(std::get<kmes::ResizeRequest>(request).capacity);
}

}  // namespace

// A packet that is accepted says exactly what encoding its meaning says.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::span packet(data, size);
    const auto request = kmes::parseRequest(packet);
    if (request.ok() &&
        encodeAgain(request.value()) != std::vector<uint8_t>(packet.begin(), packet.end())) {
        std::abort();
    }
    (void)kmes::parseEmitReply(packet);
    (void)kmes::parseAttachReply(packet);
    return 0;
}
