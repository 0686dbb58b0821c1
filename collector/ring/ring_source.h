#pragma once

#include "common/base/fd.h"
#include "common/base/result.h"
#include "common/kmes/ring_mapping.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace evd::collector {

// Tells two rings of one cpu apart: the memory behind it, or for a kernel ring its capacity, which
// is what a swap changes.
struct RingIdentity {
    uint64_t device = 0;
    uint64_t number = 0;
    bool operator==(const RingIdentity&) const = default;
};

struct FoundRing {
    std::unique_ptr<kmes::RingMapping> mapping;
    RingIdentity identity;
    uint64_t generation = 0;
};

// Where rings come from: the kernel, or whoever speaks contracts §4 at the other end of a socket.
//
// Chosen once at start. attach and identify are called on the main thread before the drain threads
// exist and by each drain thread for its own cpu afterwards; both may block for kAttachTimeoutMs.
// NotFound past the last cpu, Busy when KMES is not ready, Gone while there is no connection,
// Denied without the right; a source is usable again after each of them.
class RingSource {
  public:
    virtual ~RingSource() = default;

    // Maps the ring that is current for this cpu. Mapped and verified, as a consumer.
    virtual base::Result<FoundRing> attach(uint16_t cpu) = 0;
    // The identity of the ring that attach would find.
    virtual base::Result<RingIdentity> identify(uint16_t cpu) = 0;
    // Rises whenever the connection behind the source was replaced, which is when rings may have
    // been replaced without a word.
    virtual uint64_t connectionCount() const { return 0; }
    // A new connection in place of the old one. A source without connections ignores it.
    virtual void replaceConnection(base::Fd connection) { connection.reset(); }
};

inline constexpr int kAttachTimeoutMs = 1000;

// Attaches and makes sure that the ring was still the current one when its generation was read: a
// swap in between would already have put the new number into the old page, and nobody would ever
// notice that the ring is dead.
base::Result<FoundRing> attachCurrent(RingSource& source, uint16_t cpu);

// Attaches with rising cpu numbers, behind those found before, until there are no more (Spec §2.2)
// or there are `rings_max`, whatever the source says (Ruling K3). When it fails, what was found so
// far stays, and it may be called again. None at all is NotFound.
base::Result<void> attachMore(RingSource& source, size_t rings_max, std::vector<FoundRing>& found);

}  // namespace evd::collector
