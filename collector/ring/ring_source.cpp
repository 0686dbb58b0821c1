#include "collector/ring/ring_source.h"

#include "common/base/text.h"

#include <utility>

namespace evd::collector {

namespace {

// Two swaps of one ring within the time of two calls do not happen by configuration.
constexpr int kAttachAttemptsMax = 5;

}  // namespace

base::Result<FoundRing> attachCurrent(RingSource& source, uint16_t cpu) {
    for (int attempt = 0; attempt < kAttachAttemptsMax; ++attempt) {
        auto found = source.attach(cpu);
        if (!found.ok()) {
            return found;
        }
        found.value().generation = found.value().mapping->generation();
        const auto current = source.identify(cpu);
        if (!current.ok()) {
            return current.error();
        }
        if (current.value() == found.value().identity) {
            return found;
        }
    }
    return base::fail(base::ErrorKind::Busy,
                      base::cat("the ring of cpu ", cpu, " is replaced again and again"));
}

base::Result<void> attachMore(RingSource& source, size_t rings_max, std::vector<FoundRing>& found) {
    while (found.size() < rings_max) {
        auto ring = attachCurrent(source, static_cast<uint16_t>(found.size()));
        if (!ring.ok()) {
            const bool is_past_the_last =
                ring.error().kind == base::ErrorKind::NotFound && !found.empty();
            return is_past_the_last ? base::Result<void>() : ring.error();
        }
        found.push_back(std::move(ring).value());
    }
    return {};
}

}  // namespace evd::collector
